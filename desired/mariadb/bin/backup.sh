#!/bin/bash
# Copies databases into the volume at /backup: those of DATABASE_NAME, or those of
# all services without it. KEEP copies of each kind are kept, the oldest go first.
# What is copied is as it was at one moment, while everybody goes on writing.
#
# MariaDB's own databases are not in it: put back, they would take Galera apart. The
# services' users are, as statements. bin/restore.sh brings a copy back.
set -euo pipefail
kind=$1

umask 077
printf '[client]\nuser = root\npassword = %s\nhost = %s\n' "$ROOT_PASSWORD" "$DATABASE_HOST" >/tmp/client.cnf
ask() {
    mariadb --defaults-file=/tmp/client.cnf --connect-timeout=10 --batch --skip-column-names --raw --execute "$1"
}

if [ -n "${DATABASE_NAME:-}" ]; then
    databases=$DATABASE_NAME
    name=${DATABASE_NAME%% *}
else
    databases=$(ask "SELECT schema_name FROM information_schema.schemata
        WHERE schema_name NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys')")
    name=all
fi
read -rd '' -a databases <<<"$databases" || true

# The users that may use one of them, with what each may do.
users() {
    local list found user
    list=$(printf "'%s'," "${databases[@]}")
    found=$(ask "SELECT DISTINCT user FROM mysql.db WHERE host = '%' AND db IN (${list%,})")
    for user in $found; do
        ask "SHOW CREATE USER '$user'@'%'" | sed 's/^CREATE USER/& IF NOT EXISTS/; s/$/;/'
        ask "SHOW GRANTS FOR '$user'@'%'" | sed 's/ IDENTIFIED BY .*//; s/$/;/'
    done
}

find /backup -name "*.unfinished" -mmin +1440 -delete
file=/backup/$name-$kind-$(date --utc +%Y%m%dT%H%M%SZ).sql.gz
{
    if [ "${#databases[@]}" -gt 0 ]; then
        users
        # In one transaction; Galera has no other tables than those that allow it.
        mariadb-dump --defaults-file=/tmp/client.cnf --single-transaction --quick --skip-add-locks \
            --routines --events --triggers --databases "${databases[@]}"
    fi
} | gzip >"$file.unfinished"
mv "$file.unfinished" "$file"
echo "$file: $(stat --format %s "$file") bytes"

# By name is by age.
find /backup -name "$name-$kind-*.sql.gz" | sort --reverse | tail --lines "+$((KEEP + 1))" | xargs --no-run-if-empty rm -v
