#!/bin/bash
# Brings back the copy /backup/FILE, as bin/backup.sh made it: its databases are as
# they were, and what came into them since is gone. Other databases are left alone.
#
# While that goes on, the users of these databases are locked out, so that no service
# reads a half or writes in between. If it fails they stay so, until it is run again
# and ends well.
set -euo pipefail
file=/backup/$FILE

umask 077
printf '[client]\nuser = root\npassword = %s\n' "$ROOT_PASSWORD" >/tmp/client.cnf
# Asks a host: all of Galera says and does the same, but for its connections.
ask() {
    mariadb --defaults-file=/tmp/client.cnf --host "$1" --connect-timeout=10 --batch --skip-column-names \
        --execute "$2"
}
unpacked() {
    gzip --decompress --stdout "$file"
}

if [ ! -f "$file" ]; then
    echo "there is no copy $FILE; there are:" >&2
    find /backup -name '*.sql.gz' -printf '%f\n' | sort >&2
    exit 1
fi
# All of it, before anything is touched: one that was cut off brings nothing back.
if ! end=$(unpacked | tail --lines 1) || [[ $end != '-- Dump completed'* ]]; then
    echo "$FILE is not whole: nothing was changed" >&2
    exit 1
fi
# No data looks like it: a line break within is written as \n.
mapfile -t databases < <(unpacked | sed --quiet 's/^USE `\(.*\)`;$/\1/p')
for database in "${databases[@]}"; do
    if [ "$database" = mysql ]; then
        echo "$FILE holds MariaDB's own database, which would take Galera apart: nothing was changed." \
            "Cut it out, from the line '-- Current Database: \`mysql\`' to the next such line" >&2
        exit 1
    fi
done

list=$(printf "'%s'," "${databases[@]}")
found=$(ask "$DATABASE_HOST" "SELECT DISTINCT user FROM mysql.db WHERE host = '%' AND db IN (${list%,})")
read -rd '' -a users <<<"$found" || true
for user in "${users[@]}"; do
    ask "$DATABASE_HOST" "ALTER USER '$user'@'%' ACCOUNT LOCK"
done
locked=true
trap '! $locked || echo "not restored: the services are locked out until this has been run again and ended well" >&2' EXIT
# Who is in already is sent away, at each node.
for ordinal in $(seq 0 $((NODES - 1))); do
    for user in "${users[@]}"; do
        ask "mariadb-$ordinal.$NODES_HOST" "KILL USER '$user'@'%'" ||
            echo "node $ordinal does not answer: without the others it lets nobody write" >&2
    done
done

for database in "${databases[@]}"; do
    # Tables that another release added would stand in the way.
    ask "$DATABASE_HOST" "DROP DATABASE IF EXISTS \`$database\`"
done
unpacked | mariadb --defaults-file=/tmp/client.cnf --host "$DATABASE_HOST"
for user in "${users[@]}"; do
    ask "$DATABASE_HOST" "ALTER USER '$user'@'%' ACCOUNT UNLOCK"
done
locked=false
echo "restored from $FILE: ${databases[*]}"
