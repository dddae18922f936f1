#!/bin/sh
# Runs once: a test HPKI, the certificates of the three roles, and one of a hospital system (his.pem). The authorities'
# keys stay in the same volume, so this is for trying things out; a real deployment mounts certificates made elsewhere.
set -eu
[ ! -e /certs/okayama ] || exit 0
rm -rf /certs/new
musubi certs mint --dir /certs/new --name okayama --host gateway
musubi certs issue --ca /certs/new --file registry --host registry
musubi certs issue --ca /certs/new --file repository --host repository
musubi certs issue --ca /certs/new --file repository-client --organisation "Okayama repository (TEST)" --number OKAYAMA-REPOSITORY
mv /certs/new /certs/okayama
