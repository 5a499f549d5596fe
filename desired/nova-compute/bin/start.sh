#!/bin/sh
# Runs nova-compute with the address that other nodes and the consoles' proxy reach
# this node by.
set -eu
address=$(python3 /opt/node/address.py "$INTERFACE")
OS_DEFAULT__MY_IP=$address exec nova-compute --config-file /etc/nova/nova.conf
