#!/bin/sh
# Deletes the rows of machines that were deleted long ago.
set -eu
before=$(date --utc --date "$KEEP_DELETED days ago" +%Y-%m-%d)
# It exits with 1 if there were any.
nova-manage db archive_deleted_rows --all-cells --until-complete --purge --before "$before" --sleep 1 --verbose || [ $? = 1 ]
