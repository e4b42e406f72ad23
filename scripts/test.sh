#!/usr/bin/env bash
# Every check of this repository: style, types, layers, generated pages, tests. Arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/install.sh

# Java and a virtual screen are for the tests that open results in ImageJ; without them those are skipped.
missing=()
command -v java >/dev/null || missing+=(default-jdk-headless)
command -v mvn >/dev/null || missing+=(maven)
command -v xvfb-run >/dev/null || missing+=(xvfb)
if [ "${#missing[@]}" -gt 0 ]; then
  apt_install "${missing[@]}" || echo "note: ${missing[*]} not found; tests that need them are skipped" >&2
fi

install_ivea "[train,test]"
bin=.venv/bin
echo "style";  "$bin/ruff" check .
echo "types";  "$bin/mypy"
echo "layers"; "$bin/lint-imports" --no-logo
echo "pages";  "$bin/python" -m ivea_fiji.cli.reference --check
echo "tests";  "$bin/python" -m pytest "$@"
