#!/bin/sh
# Runs the agent with the address that tunnels to this node lead to.
set -eu
address=$(python3 /opt/node/address.py "$INTERFACE")
OS_OVS__LOCAL_IP=$address exec "$@"
