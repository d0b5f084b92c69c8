# Every target does its own set-up; a second run installs nothing.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check
PORT   ?= 5000
DEMO    = $(if $(MODEL),--model "$(MODEL)") $(if $(DATA),--data "$(DATA)" --label "$(LABEL)") $(if $(POSITIVE),--positive "$(POSITIVE)") $(foreach M,$(MONITORS),--monitor $(M))

.PHONY: help demo test test-spark lint serve shell bench conformance requirements pins clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

demo: $(VENV)/offline.ok  ## a model, its stacks, a day of traffic and its monitoring, offline [MODEL= | DATA= LABEL= POSITIVE=] [MONITORS=]
	@$(BIN)/python -m moto_fixtures demo $(DEMO)

test: $(VENV)/dev.ok  ## every test
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(TESTS)

test-spark: $(VENV)/spark.ok  ## the tests that need Spark (and Java 17), as local[2]
	@PYTHONPATH=$(VENV)/spark $(BIN)/python -m pytest tests/monitoring/compute/test_spark.py

lint: $(VENV)/dev.ok  ## ruff, mypy (strict), cfn-lint over every template, hadolint
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/cfn-lint *-template.yml
	@$(BIN)/hadolint Dockerfile

serve: $(VENV)/offline.ok  ## the offline AWS on 127.0.0.1:5000 [PORT=]
	@$(BIN)/python -m moto_fixtures serve --port $(PORT)

bench: $(VENV)/dev.ok  ## data quality beside its peers, each in an environment of its own (needs uv) [GROWTH=1]
	@$(BIN)/python benchmarks/peers/run.py $(if $(GROWTH),--growth --to benchmarks/growth.md,--to benchmarks/peers.md)

conformance: $(VENV)/dev.ok  ## the offline AWS by other people's clients, each in an environment of its own (needs uv) [SUITES=]
	@$(BIN)/python tests/conformance/run.py $(foreach S,$(SUITES),--suite $(S))

pins:  ## look up the digests of the images that Dockerfile and compose.yml build on
	@$(PYTHON) docker/pins.py

requirements:  ## resolve the requirement files again (needs uv)
	cd requirements && for f in dev:requirements-dev offline:requirements build:requirements-build spark:requirements-spark image:requirements-image; do \
	  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-header --no-annotate $${f%%:*}.in -c ../requirements-dev.txt -o ../$${f##*:}.txt || exit 1; done
	cd tests/conformance/requirements && for f in *.in; do \
	  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-header --no-annotate $$f -o $${f%in}txt || exit 1; done

clean:  ## forget the set-up and what the demo left
	rm -rf $(VENV) .bench .conformance .demo .offline .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; this is " + sys.version.split()[0] + " (make PYTHON=python3.12 …)")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/offline.ok: requirements.txt pyproject.toml | $(VENV)/bin/python
	@echo "setting up $(VENV) (once; some minutes)"
	@$(PIP) --require-hashes -r requirements.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.ok: requirements-dev.txt $(VENV)/offline.ok
	@$(PIP) --require-hashes -r requirements-dev.txt
	@touch $@

$(VENV)/spark.ok: requirements-spark.txt $(VENV)/dev.ok
	@echo "installing Spark beside $(VENV) (once; 450 MB)"
	@$(PIP) --require-hashes --upgrade --target $(VENV)/spark -r requirements-spark.txt
	@touch $@
