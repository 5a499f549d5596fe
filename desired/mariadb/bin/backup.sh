#!/bin/bash
# Copies databases into the volume at /backup: those of DATABASE_NAME, or all
# without it. KEEP copies of each kind are kept, the oldest go first. What is
# copied is as it was at one moment, while everybody goes on writing.
#
# To bring one back, with the services that use it stopped:
#
#     zcat /backup/FILE.sql.gz | mariadb --defaults-file=…
set -euo pipefail
kind=$1

umask 077
printf '[client]\nuser = root\npassword = %s\nhost = %s\n' "$ROOT_PASSWORD" "$DATABASE_HOST" >/tmp/client.cnf
if [ -n "${DATABASE_NAME:-}" ]; then
    read -ra what <<<"--databases $DATABASE_NAME"
    name=${DATABASE_NAME%% *}
else
    what=(--all-databases)
    name=all
fi

find /backup -name "*.unfinished" -mmin +1440 -delete
file=/backup/$name-$kind-$(date --utc +%Y%m%dT%H%M%SZ).sql.gz
# In one transaction; Galera has no other tables than those that allow it.
mariadb-dump --defaults-file=/tmp/client.cnf --single-transaction --quick --routines --events --triggers "${what[@]}" |
    gzip >"$file.unfinished"
mv "$file.unfinished" "$file"
echo "$file: $(stat --format %s "$file") bytes"

# By name is by age.
find /backup -name "$name-$kind-*.sql.gz" | sort --reverse | tail --lines "+$((KEEP + 1))" | xargs --no-run-if-empty rm -v
