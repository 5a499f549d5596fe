#!/bin/sh
# What is secret becomes files of their owner's alone, in the home directory:
# the server reads both there, and rabbitmqctl the cookie.
set -eu
umask 077
cat /etc/rabbitmq-cookie/cookie >"$HOME/.erlang.cookie.new"
mv -f "$HOME/.erlang.cookie.new" "$HOME/.erlang.cookie"
chmod 400 "$HOME/.erlang.cookie"
# The password holds nothing that means something to sed or JSON:
# parameters.schema.json sees to that.
sed "s/@PASSWORD@/$ADMIN_PASSWORD/" /etc/rabbitmq/definitions.json >"$HOME/definitions.json"
unset ADMIN_PASSWORD
exec rabbitmq-server
