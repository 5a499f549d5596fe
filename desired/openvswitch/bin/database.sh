#!/bin/sh
# The database of bridges and ports. It is on the node: what is in it outlives the
# pod, as the flows in the kernel do.
set -eu
database=/var/lib/openvswitch/conf.db
schema=/usr/share/openvswitch/vswitch.ovsschema
if [ ! -e "$database" ]; then
    ovsdb-tool create "$database" "$schema"
elif [ "$(ovsdb-tool needs-conversion "$database" "$schema")" = yes ]; then
    cp "$database" "$database.before-$(ovsdb-tool schema-version "$schema")"
    ovsdb-tool convert "$database" "$schema"
fi
# Left by one that was killed.
rm -f /run/openvswitch/db.sock /run/openvswitch/ovsdb-server.pid
exec ovsdb-server "$database" --remote=punix:/run/openvswitch/db.sock --remote=db:Open_vSwitch,Open_vSwitch,manager_options \
    --pidfile=/run/openvswitch/ovsdb-server.pid --unixctl=/run/openvswitch/ovsdb-server.ctl \
    -vconsole:info -vsyslog:off -vfile:off
