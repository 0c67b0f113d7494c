# `make check` judges this host; `make test` runs the tests. Both set up what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Where junit files of a test run go, if anywhere: make test REPORTS=DIR
REPORTS ?=
WORKERS ?= 2
# The tests start the command hundreds of times: what Python compiles is kept, also where the surroundings say not to.
export PYTHONDONTWRITEBYTECODE :=
export NO_MKDOCS_2_WARNING := 1
JUNIT = $(if $(REPORTS),--junitxml=$(REPORTS)/$@.xml)

.PHONY: check test test-fast test-engine test-engines test-readers lint docs site bench clean engine-packages engine-roots readers

check: $(VENV)/.run
	$(BIN)/dockworthy check $(TARGETS)

test: test-fast test-engine

# Everything that needs no engine and no browser; the tests that do are in folders of their own, which are not even read.
test-fast: $(VENV)/.dev engine-packages
	$(BIN)/python -m pytest -m "not engine" --ignore=tests/engine --ignore=tests/readers -n $(WORKERS) --dist worksteal $(JUNIT) $(PYTEST_ARGS)

# What people and programs read, read by them: pages in a browser, formats by their validators.
test-readers: $(VENV)/.dev readers
	$(BIN)/python -m pytest tests/readers -n $(WORKERS) --dist loadscope $(JUNIT) $(PYTEST_ARGS)

# This machine's engine, several of them beside each other; the tests of a module, which share one, stay with one worker.
test-engine: $(VENV)/.dev engine-packages
	$(BIN)/python -m pytest -m engine --ignore=tests/engine/suites --ignore=tests/readers -n 3 --dist loadscope $(JUNIT) $(PYTEST_ARGS)

# The engines of four suites of Debian, each in a root file system that is made once and kept.
test-engines: $(VENV)/.dev engine-roots
	$(BIN)/python -m pytest tests/engine/suites -n 3 --dist loadscope $(JUNIT) $(PYTEST_ARGS)

lint: $(VENV)/.dev engine-packages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	shellcheck -s sh src/dockworthy/probe/fragments/*.sh
	$(BIN)/python -m dockworthy.commands.docs --check
	$(BIN)/python docs/structure.py --check
	$(BIN)/mkdocs build --quiet --strict

# What is made from the code, the data and what commands print; pictures of real engines are apart (docs/pictures.py).
docs: $(VENV)/.dev
	$(BIN)/python -m dockworthy.commands.docs
	$(BIN)/python docs/structure.py
	$(BIN)/python docs/transcripts.py
	$(BIN)/python docs/pictures.py check group network
	$(BIN)/python -m tests.docs.harbor_page
	$(BIN)/python -m tests.docs.proofs_page

# These pages to read offline: site/index.html opens from the disk, with its search.
site: $(VENV)/.dev
	$(BIN)/mkdocs build --quiet --strict

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

# The browser and the validators with which reports are read; the same.
readers:
	@sh tests/readers/install.sh

# Debian's suites with the engines that they have; made once, and kept outside the checkout.
engine-roots: $(VENV)/.dev engine-packages
	@$(BIN)/python -m tests.engine.roots

clean:
	rm -rf $(VENV) reports/2* reports/latest site
