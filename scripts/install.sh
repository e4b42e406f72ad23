# Sourced by demo.sh and test.sh: make .venv and install IVEA with the extras named.

apt_install() {  # what is missing on Debian and Ubuntu, where we may install it
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; } >/dev/null
}

make_venv() {
  "$1" -m venv .venv 2>/dev/null && return
  rm -rf .venv
  apt_install python3-venv && "$1" -m venv .venv && return
  rm -rf .venv
  echo "No virtual environment could be made; on Debian and Ubuntu: sudo apt-get install python3-venv" >&2
  exit 1
}

install_ivea() {
  local extras="$1" python="${PYTHON:-python3}" wanted done_file
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    { echo "Python 3.11 or newer is needed; name one, for example: PYTHON=python3.12 bash scripts/demo.sh" >&2; exit 1; }
  [ -x .venv/bin/python ] || make_venv "$python"
  done_file=".venv/installed${extras:+-all}"
  wanted="$(.venv/bin/python -c 'import sys; print(sys.version)') $(cksum pyproject.toml)"
  if [ "$(cat "$done_file" 2>/dev/null || true)" != "$wanted" ]; then
    echo "installing into .venv (once; this can take some minutes) ..." >&2
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --editable ".${extras}"
    printf '%s' "$wanted" > "$done_file"
  fi
}
