#!/bin/bash
# Makes a service's database and its user, or gives the user another password.
# It may run any number of times.
set -euo pipefail

# In a file and not on the command line, which others can see.
umask 077
printf '[client]\nuser = root\npassword = %s\nhost = %s\n' "$ROOT_PASSWORD" "$DATABASE_HOST" >/tmp/client.cnf

# The names and the password hold nothing that ends a string:
# parameters.schema.json sees to that.
mariadb --defaults-file=/tmp/client.cnf --connect-timeout=10 <<SQL
CREATE DATABASE IF NOT EXISTS $DATABASE_NAME;
CREATE USER IF NOT EXISTS '$DATABASE_USER'@'%' IDENTIFIED BY '$DATABASE_PASSWORD';
ALTER USER '$DATABASE_USER'@'%' IDENTIFIED BY '$DATABASE_PASSWORD';
GRANT ALL PRIVILEGES ON $DATABASE_NAME.* TO '$DATABASE_USER'@'%';
SQL
