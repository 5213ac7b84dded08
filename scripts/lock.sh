#!/usr/bin/env bash
# Locks the requirements with hashes for Python 3.11 and newer; no line names an index, so any mirror may serve them.
set -euo pipefail
cd "$(dirname "$0")/.."
for name in base dev; do
  .venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
    --no-emit-index-url --no-emit-find-links "requirements/${name}.in" -o "requirements/${name}.txt"
done
