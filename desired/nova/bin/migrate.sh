#!/bin/sh
# Brings Nova's databases to what this release needs, and makes sure of its cells:
# cell0, of machines that no node could take, and cell1, of all others.
#
# Where a cell's database and message broker are is kept as a pattern that each
# service fills in from its own settings: so no password is kept, and another one
# needs no change here.
set -eu
broker='{scheme}://{username}:{password}@{hostname}:{port}/'
database='{scheme}://{username}:{password}@{hostname}:{port}'

nova-manage api_db sync
cells() {
    nova-manage cell_v2 list_cells | tr -d ' ' | awk -F '|' -v name="$1" '$2 == name { print $3 }'
}
if [ -z "$(cells cell0)" ]; then
    nova-manage cell_v2 map_cell0 --database_connection "$database/nova_cell0"
else
    nova-manage cell_v2 update_cell --cell_uuid "$(cells cell0)" --name cell0 \
        --transport-url none:/// --database_connection "$database/nova_cell0"
fi
if [ -z "$(cells cell1)" ]; then
    nova-manage cell_v2 create_cell --name cell1 --transport-url "$broker" --database_connection "$database/nova"
else
    nova-manage cell_v2 update_cell --cell_uuid "$(cells cell1)" --name cell1 \
        --transport-url "$broker" --database_connection "$database/nova"
fi
# Of both cells.
nova-manage db sync
