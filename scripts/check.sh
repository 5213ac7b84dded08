#!/usr/bin/env bash
# Everything that can be said without running the tests. Runs every step and fails at the end, so that one run tells all.
set -uo pipefail
cd "$(dirname "$0")/.."
bin="$(dirname "${PYTHON:-.venv/bin/python}")"
failed=()

step() {
  local name="$1"
  shift
  echo "== ${name}"
  "$@" || failed+=("${name}")
}

paths=(src tests scripts)
[ -n "$(ls bench/*.py 2>/dev/null)" ] && paths+=(bench)

step "lint" "${bin}/ruff" check -q "${paths[@]}"
step "format" "${bin}/ruff" format --check -q "${paths[@]}"
step "types" "${bin}/mypy" --no-error-summary
step "import contracts" "${bin}/lint-imports" --no-cache
step "templates" "${bin}/djlint" --lint --quiet src/yidao/web/templates

step "every branch of the rules" "${bin}/python" -m pytest -q tests/rules --cov=yidao.rules --cov-branch \
  --cov-report=term-missing:skip-covered

if [ "${#failed[@]}" -gt 0 ]; then
  echo "Failed: ${failed[*]}" >&2
  exit 1
fi
