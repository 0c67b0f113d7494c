# `make check` judges this host; `make test` runs the tests. Both set up what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Where junit files of a test run go, if anywhere: make test REPORTS=DIR
REPORTS ?=
WORKERS ?= 2
# The tests start the command hundreds of times: what Python compiles is kept, also where the surroundings say not to.
export PYTHONDONTWRITEBYTECODE :=
JUNIT = $(if $(REPORTS),--junitxml=$(REPORTS)/$@.xml)

.PHONY: check test test-fast test-engine test-engines lint docs bench clean engine-packages engine-roots

check: $(VENV)/.run
	$(BIN)/dockworthy check $(TARGETS)

test: test-fast test-engine

# Everything that needs no engine; the tests that do are all in a folder of their own, which is not even read.
test-fast: $(VENV)/.dev engine-packages
	$(BIN)/python -m pytest -m "not engine" --ignore=tests/engine -n $(WORKERS) --dist worksteal $(JUNIT) $(PYTEST_ARGS)

# This machine's engine, several of them beside each other; the tests of a module, which share one, stay with one worker.
test-engine: $(VENV)/.dev engine-packages
	$(BIN)/python -m pytest -m engine --ignore=tests/engine/suites -n 3 --dist loadscope $(JUNIT) $(PYTEST_ARGS)

# The engines of four suites of Debian, each in a root file system that is made once and kept.
test-engines: $(VENV)/.dev engine-roots
	$(BIN)/python -m pytest tests/engine/suites -n 3 --dist loadscope $(JUNIT) $(PYTEST_ARGS)

lint: $(VENV)/.dev engine-packages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m dockworthy.commands.docs --check
	$(BIN)/python docs/structure.py --check

docs: $(VENV)/.dev
	$(BIN)/python -m dockworthy.commands.docs
	$(BIN)/python docs/structure.py

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

# Debian's suites with the engines that they have; made once, and kept outside the checkout.
engine-roots: $(VENV)/.dev engine-packages
	@$(BIN)/python -m tests.engine.roots

clean:
	rm -rf $(VENV) reports/2* reports/latest
