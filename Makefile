# Each line explains itself: `make` lists them.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help run test test-postgresql lint bench lock

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

test: $(VENV)/dev.stamp ## Run every test: SQLite, a real PostgreSQL, a real browser
	@sh tests/tools.sh
	$(BIN)/python -m pytest -n 2 -q
	DAICHO_TEST_DATABASE=postgresql $(BIN)/python -m pytest -n 2 -q --ignore tests/browser --ignore tests/rules \
	    --ignore tests/registry/test_bounds.py --ignore tests/registry/test_sheets.py --ignore tests/registry/test_charts.py

lint: $(VENV)/dev.stamp ## Check the style
	$(BIN)/ruff check .

bench: $(VENV)/dev.stamp ## Print our times as multiples of the floor measured in the same run
	$(BIN)/python -m bench

lock: ## Regenerate the locked, hash-checked requirements from setup.cfg (needs uv)
	uv pip compile -q setup.cfg --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements.txt
	uv pip compile -q setup.cfg --extra dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements-dev.txt
