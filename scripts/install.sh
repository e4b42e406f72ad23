# Sourced by demo.sh and test.sh: make .venv and install IVEA with the extras named.
install_ivea() {
  local extras="$1" python="${PYTHON:-python3}"
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    { echo "Python 3.11 or newer is needed; set PYTHON to one, for example PYTHON=python3.12" >&2; exit 1; }
  [ -x .venv/bin/python ] || "$python" -m venv .venv ||
    { echo "No virtual environment could be made; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
  local wanted
  wanted="$extras $(.venv/bin/python -c 'import sys; print(sys.version)') $(cksum pyproject.toml)"
  if [ "$(cat ".venv/installed${extras:+-all}" 2>/dev/null || true)" != "$wanted" ]; then
    echo "installing into .venv (once; this can take some minutes) ..." >&2
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --editable ".${extras}"
    printf '%s' "$wanted" > ".venv/installed${extras:+-all}"
  fi
}
