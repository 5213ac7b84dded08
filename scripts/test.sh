#!/usr/bin/env bash
# Runs the tests as far as this machine allows. Browser tests need Chromium: installed where it may be, else left out loudly;
# with CI=true leaving them out is a failure.
set -euo pipefail
cd "$(dirname "$0")/.."
python="${PYTHON:-.venv/bin/python}"

browser() {
  command -v chromium || command -v chromium-browser || command -v google-chrome || true
}

if [ -z "$(browser)" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing Debian's chromium for the browser tests ..."
  export DEBIAN_FRONTEND=noninteractive
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk; } >/dev/null </dev/null || true
fi

marks="not chaos"
if [ -n "$(browser)" ]; then
  YIDAO_CHROMIUM="$(browser)"
  export YIDAO_CHROMIUM
elif [ "${CI:-}" = true ] || [ -n "${YIDAO_REQUIRE_BROWSER:-}" ]; then
  echo "Chromium is missing and cannot be installed, and CI must not leave the browser tests out." >&2
  exit 1
else
  marks="not chaos and not browser"
  echo "****************************************************************************" >&2
  echo "* Chromium is missing: THE BROWSER TESTS ARE LEFT OUT.                     *" >&2
  echo "* Install the package chromium (as root, make test does it by itself).     *" >&2
  echo "****************************************************************************" >&2
fi

exec "${python}" -m pytest -q -m "${marks}" "$@" </dev/null
