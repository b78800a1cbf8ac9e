# make demo runs the product, make test proves it. The rest is in `make help`.
.DEFAULT_GOAL := help
.PHONY: help install demo demo-reset serve test lint needs bench translations compiled
SHELL := /bin/sh
# Compiled modules are kept, whatever the machine's environment says: each process starts sooner.
export PYTHONDONTWRITEBYTECODE :=

VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --no-input --use-pep517 -c constraints.txt
INSTALLED := $(VENV)/.installed
TESTABLE := $(VENV)/.testable
TRANSLATED := $(VENV)/.translated
METADATA := setup.cfg setup.py pyproject.toml constraints.txt
CATALOGUES := $(shell find core plugins -name messages.po)

help:
	@echo 'make demo        the product with three companies of generated data, at http://127.0.0.1:8000 (PORT, DATABASE_URL)'
	@echo 'make demo-reset  the same, starting anew'
	@echo 'make serve       web and worker on your own database (DATABASE_URL), without demo data'
	@echo 'make test        everything, on SQLite and on PostgreSQL, in a real browser'
	@echo 'make lint        style, imports between packages, types'
	@echo 'make bench       the benchmarks'
	@echo 'make install     only the virtual environment in $(VENV)'

install: $(INSTALLED) $(TRANSLATED)

$(INSTALLED): $(METADATA) tools/make-venv.sh tools/find-python.sh
	@tools/make-venv.sh $(VENV)
	@echo 'Installing the pinned packages into $(VENV) (once) ...'
	@$(PIP) -e .
	@touch $@

$(TESTABLE): $(METADATA) tools/make-venv.sh tools/find-python.sh
	@tools/make-venv.sh $(VENV)
	@echo 'Installing the pinned packages and what the tests need into $(VENV) (once) ...'
	@$(PIP) -e '.[test]'
	@touch $(INSTALLED) $@

translations: $(TRANSLATED)

$(TRANSLATED): $(CATALOGUES) $(INSTALLED)
	@$(BIN)/python -m core.i18n compile
	@touch $@

demo: install
	@exec $(BIN)/sanbao demo

demo-reset: install
	@exec $(BIN)/sanbao demo --reset

serve: install
	@exec $(BIN)/sanbao serve

lint: $(TESTABLE)
	@echo 'ruff' && $(BIN)/ruff check .
	@echo 'import-linter' && $(BIN)/lint-imports
	@echo 'mypy' && $(BIN)/mypy

# The system's packages come while packages are installed and code is checked; both may use apt, so the environment first.
test:
	@tools/make-venv.sh $(VENV)
	@$(MAKE) --no-print-directory -j2 needs lint compiled
	@$(BIN)/pytest -n 3 --dist loadscope --no-loadscope-reorder

needs:
	@tools/test-needs.sh

# Catalogues; and every module, its assertions rewritten, while the checks leave a processor free: else each of the
# processes that run the tests would compile all of them.
compiled: $(TESTABLE)
	@$(MAKE) --no-print-directory translations
	@$(BIN)/pytest --collect-only -q >/dev/null 2>&1 || true

bench: $(TESTABLE) $(TRANSLATED)
	@$(BIN)/python -m benchmarks
