#!/bin/sh
# The cookie has to be a file of its owner's alone, in the home directory: the
# server reads it there, and so does rabbitmqctl.
set -eu
umask 077
cat /etc/rabbitmq-cookie/cookie >"$HOME/.erlang.cookie.new"
mv -f "$HOME/.erlang.cookie.new" "$HOME/.erlang.cookie"
chmod 400 "$HOME/.erlang.cookie"
exec rabbitmq-server
