# The commands of everyday work. `make` alone lists them; everything happens in .venv of this folder.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
# pip says nothing about newer versions of itself and never asks.
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input
JOBS ?= 2
ONLY ?=

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(STAMPS)/venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Yidao needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1 || echo missing)."; \
	  echo "Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@mkdir -p $(STAMPS) && touch $@

# A stamp is named after the content it stands for, so a changed lock file installs anew and an old one does not.
BASE_STAMP := $(STAMPS)/base-$(shell sha256sum requirements/base.txt | cut -c1-16)
DEV_STAMP := $(STAMPS)/dev-$(shell sha256sum requirements/dev.txt | cut -c1-16)
PACKAGE_STAMP := $(STAMPS)/package-$(shell sha256sum pyproject.toml requirements/base.in | sha256sum | cut -c1-16)

$(BASE_STAMP): | $(STAMPS)/venv
	@echo "Installing what Yidao needs to run ..."
	@$(PIP) install --require-hashes -r requirements/base.txt
	@rm -f $(STAMPS)/base-* && touch $@

$(DEV_STAMP): | $(STAMPS)/venv
	@echo "Installing what working on Yidao needs ..."
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@rm -f $(STAMPS)/dev-* && touch $@

# The package itself is linked by a path file and a start script: building it would need packages the locks do not hold.
$(PACKAGE_STAMP): | $(STAMPS)/venv
	@$(BIN)/python scripts/link_package.py
	@rm -f $(STAMPS)/package-* && touch $@

.PHONY: install
install: $(BASE_STAMP) $(PACKAGE_STAMP)

.PHONY: install-dev
install-dev: $(DEV_STAMP) $(PACKAGE_STAMP)

.PHONY: up
up: install ## Start everything and print the address and the logins; Ctrl-C stops it
	@exec $(BIN)/yidao up

.PHONY: test
test: install-dev ## Run all tests, each kind as far as this machine allows
	@PYTHON=$(BIN)/python scripts/test.sh -n $(JOBS)

.PHONY: check
check: install-dev ## What CI runs: lint, types, contracts, templates, translations, migrations, tests
	@PYTHON=$(BIN)/python scripts/check.sh
	@PYTHON=$(BIN)/python scripts/test.sh -n $(JOBS)

.PHONY: fmt
fmt: install-dev ## Format the code and mend what lint can mend
	@$(BIN)/ruff format -q src tests bench scripts
	@$(BIN)/ruff check -q --fix src tests bench scripts

.PHONY: bench
bench: install-dev ## Run the benchmarks; ONLY=intake.bulk runs one
	@exec $(BIN)/python -m bench $(ONLY)

.PHONY: bench-data
bench-data: install-dev ## Build the benchmarks' big data once
	@exec $(BIN)/python -m bench data

.PHONY: chaos
chaos: install-dev ## Kill judges, settlers, processes and the database under load, 30 times each
	@exec $(BIN)/python -m bench chaos

.PHONY: soak
soak: install-dev ## Ten minutes of load; memory must stay level
	@exec $(BIN)/python -m bench soak

.PHONY: lock
lock: install-dev ## Resolve the requirements anew and lock them with hashes
	@scripts/lock.sh
