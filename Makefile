# Everything happens inside this folder: `make run` on a fresh machine installs what it needs first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

export DAGSTER_DISABLE_TELEMETRY := 1
export GX_ANALYTICS_ENABLED := false
export UV_CACHE_DIR := $(CURDIR)/$(VENV)/.uv-cache
export UV_LINK_MODE := copy

.PHONY: help setup run ui test test-long check fix lock docs sample clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(STAMP)  ## create the virtual environment from the lock

$(STAMP): requirements.lock requirements-bootstrap.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-cache-dir --require-hashes -r requirements-bootstrap.lock
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@rm -rf $(VENV)/.uv-cache
	@$(BIN)/python -m compileall -q mdm_pipeline
	@touch $(STAMP)

run: setup  ## run the demo company from three systems to data/published/customers.duckdb
	$(BIN)/mdm run

ui: setup  ## open the Dagster UI on http://127.0.0.1:3000
	$(BIN)/mdm ui

test: setup  ## all tests but the long ones, under 10 minutes
	$(BIN)/python -m pytest -m "not long" -n 2 --dist loadfile

test-long: setup  ## the long tests
	$(BIN)/python -m pytest -m long

check: setup  ## format, lint, types, import rules, SQL, generated docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint --processes 0 mdm_pipeline
	$(BIN)/mdm docs --check

fix: setup  ## format and repair what can be repaired mechanically
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/mdm docs

lock: setup  ## resolve the dependencies anew
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --extra dev pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url requirements-bootstrap.in -o requirements-bootstrap.lock

clean:  ## remove the environment and everything that a run made
	rm -rf $(VENV) data/hub data/published data/inbox data/cache data/dagster data/decisions
