#!/usr/bin/env bash
# Install IVEA into .venv and run it on two real movies and a simulated one. Results go to out/demo.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/install.sh
install_ivea ""
.venv/bin/python scripts/demo.py "$@"
