#!/bin/sh
# Runs once: makes up the passwords and keys of this deployment, each readable by the one who needs it, and hands the
# volumes to the users of the containers. A second run changes nothing.
set -eu
umask 077
musubi=10001:10001
garage=10002:10002
postgres=999:999

random() { od -An -v -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }

# keep FILE OWNER: standard input becomes a secret.
keep() {
  cat >"/secrets/.new"
  chmod 0400 /secrets/.new
  chown "$2" /secrets/.new
  mv /secrets/.new "/secrets/$1"
}

if [ ! -e /secrets/complete ]; then
  password=$(random 24)
  printf '%s' "$password" | keep postgres-password "$postgres"
  printf 'postgres://musubi:%s@postgres:5432/musubi\n' "$password" | keep database-url "$musubi"
  # Garage wants GK and 12 octets, and 32 octets.
  id=GK$(random 12)
  secret=$(random 32)
  for reader in musubi:$musubi garage:$garage; do
    printf '[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n' "$id" "$secret" |
      keep "s3-credentials-${reader%%:*}" "${reader#*:}"
  done
  random 32 | keep garage-rpc-secret "$garage"
  : | keep complete 0:0
fi
chmod 0755 /secrets
chown "$musubi" /certs
chown "$garage" /garage/meta /garage/data
