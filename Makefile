# Each line explains itself: `make` lists them.
# The distribution's Python is built with all its optimisations, one compiled by hand often is not.
PYTHON ?= $(shell /usr/bin/python3 -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo /usr/bin/python3 || echo python3)
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help run test test-sqlite test-postgresql lint bench pictures lock

help: ## List what can be made
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 18

$(VENV)/run.stamp: requirements.txt setup.cfg
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt $(VENV)/run.stamp
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

run: $(VENV)/run.stamp ## Make the environment and the database, fill the demo ward when it is empty, serve on 127.0.0.1:8000 (PORT=…)
	daicho migrate
	@daicho demo --if-empty
	daicho serve --port $(PORT)

test: $(VENV)/dev.stamp ## Run every test: SQLite with a real browser and a real PostgreSQL, side by side
	@sh tests/tools.sh
	@$(MAKE) --no-print-directory --keep-going --jobs=2 --output-sync=target test-sqlite test-postgresql

test-sqlite: $(VENV)/dev.stamp ## Run the tests on SQLite, with a real browser
	$(BIN)/python -m pytest -q -n 2 --dist worksteal

test-postgresql: $(VENV)/dev.stamp ## Run what depends on the database's engine on a PostgreSQL of its own
	DAICHO_TEST_DATABASE=postgresql $(BIN)/python -m pytest -q -n 2 --dist worksteal

lint: $(VENV)/dev.stamp ## Check the style
	$(BIN)/ruff check .

bench: $(VENV)/dev.stamp ## Print our times as multiples of the floor measured in the same run
	$(BIN)/python -m bench

pictures: $(VENV)/dev.stamp ## Make the pictures of the manuals anew, from a demo ward
	@sh tests/tools.sh
	$(BIN)/python docs/manual/pictures/make.py

lock: ## Regenerate the locked, hash-checked requirements from setup.cfg (needs uv)
	uv pip compile -q setup.cfg --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements.txt
	uv pip compile -q setup.cfg --extra dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements-dev.txt
