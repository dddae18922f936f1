# Sourced by ./test, fuzz/run and .ci/run: the programs that the build and the tests need, and how Debian calls them.

say() { printf '%s: %s\n' "$(basename "$0")" "$*"; }
die() { say "$*" >&2; exit 1; }

# Prints the folder of PostgreSQL's server programs; Debian keeps them out of PATH.
postgres_folder() {
  local folder
  if command -v initdb >/dev/null && command -v postgres >/dev/null; then
    dirname "$(command -v initdb)"
    return
  fi
  for folder in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -t/ -k5 -rn); do
    if [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ]; then
      printf '%s\n' "$folder"
      return
    fi
  done
  return 1
}

# Prints the Debian packages of what is missing.
missing_packages() {
  { command -v cc && command -v c++; } >/dev/null || echo build-essential
  command -v openssl >/dev/null || echo openssl
  command -v curl >/dev/null || echo curl
  command -v xmllint >/dev/null || echo libxml2-utils
  postgres_folder >/dev/null || echo postgresql
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

may_install() {
  command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "$@" </dev/null
}

# Installs what is missing, or says what to install and stops.
ensure_tools() {
  local missing
  missing=$(missing_packages | tr '\n' ' ')
  missing=${missing% }
  [ -n "$missing" ] || return 0
  if ! may_install; then
    die "these packages are missing: $missing. As root run: apt-get update && apt-get install $missing"
  fi
  say "installing $missing"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update --quiet </dev/null
  case " $missing " in
    *" postgresql "*)
      # The tests start throw-away servers of their own; Debian's standing cluster is neither needed nor wanted.
      apt_install postgresql-common
      as_root sed -i -E 's/^#?create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
      ;;
  esac
  # shellcheck disable=SC2086 # a list of packages
  apt_install $missing
  missing=$(missing_packages | tr '\n' ' ')
  [ -z "$missing" ] || die "still missing after the installation: $missing"
}

# rustup puts cargo where a fresh, non-interactive shell does not look.
ensure_cargo() {
  command -v cargo >/dev/null || PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
  command -v cargo >/dev/null || die "cargo is missing: install Rust from https://rustup.rs and run this again"
  export PATH
}
