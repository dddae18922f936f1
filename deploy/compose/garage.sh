#!/bin/sh
# Starts a single Garage node that makes its own layout, key and bucket; the key comes from a file, not from the compose
# file's environment.
set -eu
credentials=/run/secrets/s3-credentials-garage
value() { sed -n "s/^$1 *= *//p" "$credentials"; }
GARAGE_DEFAULT_ACCESS_KEY=$(value aws_access_key_id)
GARAGE_DEFAULT_SECRET_KEY=$(value aws_secret_access_key)
GARAGE_DEFAULT_BUCKET=documents
export GARAGE_DEFAULT_ACCESS_KEY GARAGE_DEFAULT_SECRET_KEY GARAGE_DEFAULT_BUCKET
exec garage --config /etc/garage.toml server --single-node --default-bucket
