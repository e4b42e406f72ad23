#!/usr/bin/env bash
# Every check of this repository: style, types, layers, generated pages, Java, tests. Arguments go to pytest.
# IVEA_REQUIRE=java,gui makes it an error if the tests in ImageJ, or those of its windows, cannot be run.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/install.sh

require() { [[ ",${IVEA_REQUIRE:-}," == *",$1,"* ]]; }

jdk() {  # with windows: the headless packages of Linux lack them
  command -v javac >/dev/null || return 1
  [ "$(uname)" != Linux ] || [ -e "$(dirname "$(readlink -f "$(command -v javac)")")/../lib/libawt_xawt.so" ]
}

missing=()
jdk || missing+=(default-jdk fontconfig fonts-dejavu-core)
command -v mvn >/dev/null || missing+=(maven)
command -v xvfb-run >/dev/null && command -v xauth >/dev/null || missing+=(xvfb xauth)
command -v openbox >/dev/null || missing+=(openbox)
if [ "${#missing[@]}" -gt 0 ]; then
  apt_install "${missing[@]}" || echo "note: ${missing[*]} not found; tests that need them are skipped" >&2
fi

install_ivea "[train,test]"
bin=.venv/bin
echo "style";  "$bin/ruff" check .
echo "types";  "$bin/mypy"
echo "layers"; "$bin/lint-imports" --no-logo
echo "pages";  "$bin/python" -m ivea_fiji.cli.reference --check
echo "java"
if jdk && command -v mvn >/dev/null; then
  mvn -q -B -f java-shim/pom.xml package
elif require java || require gui; then
  echo "IVEA_REQUIRE=$IVEA_REQUIRE, but there is no JDK with windows, or no Maven, to build java-shim" >&2
  exit 1
else
  echo "note: java-shim is neither built nor tested: that needs a JDK and Maven" >&2
fi
if require gui && ! command -v xvfb-run >/dev/null; then
  echo "IVEA_REQUIRE=$IVEA_REQUIRE, but xvfb-run is not installed" >&2
  exit 1
fi
echo "tests";  "$bin/python" -m pytest "$@"
