#!/bin/bash
# Makes a service's databases (DATABASE_NAME: one, or several with spaces
# between) and its user, or gives the user another password.
# It may run any number of times.
set -euo pipefail

# In a file and not on the command line, which others can see.
umask 077
printf '[client]\nuser = root\npassword = %s\nhost = %s\n' "$ROOT_PASSWORD" "$DATABASE_HOST" >/tmp/client.cnf

# The names and the password hold nothing that ends a string:
# parameters.schema.json sees to that.
{
    cat <<SQL
CREATE USER IF NOT EXISTS '$DATABASE_USER'@'%' IDENTIFIED BY '$DATABASE_PASSWORD';
ALTER USER '$DATABASE_USER'@'%' IDENTIFIED BY '$DATABASE_PASSWORD';
SQL
    for name in $DATABASE_NAME; do
        cat <<SQL
CREATE DATABASE IF NOT EXISTS $name;
GRANT ALL PRIVILEGES ON $name.* TO '$DATABASE_USER'@'%';
SQL
    done
} | mariadb --defaults-file=/tmp/client.cnf --connect-timeout=10
