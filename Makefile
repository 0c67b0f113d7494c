# `make check` judges this host; `make test` runs the tests. Both set up what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: check test lint docs bench clean engine-packages

check: $(VENV)/.run
	$(BIN)/dockworthy check $(TARGETS)

test: $(VENV)/.dev engine-packages
	$(BIN)/python -m pytest $(PYTEST_ARGS)

lint: $(VENV)/.dev engine-packages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m dockworthy.commands.docs --check

docs: $(VENV)/.dev
	$(BIN)/python -m dockworthy.commands.docs

bench: $(VENV)/.dev
	$(BIN)/python bench/run.py $(PEER)

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@ $(VENV)/.run

# The engine and the servers that the tests start; installed only as root, and only where one is missing.
engine-packages:
	@sh tests/engine/install-packages.sh

clean:
	rm -rf $(VENV) reports/2* reports/latest
