# One command each; `make help` lists them. What a command needs it makes first, and only when something changed.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
BIN := .venv/bin
STAMPS := .stamps
CLIENT_SOURCES := $(shell find static sdk/js -path static/dist -prune -o -path sdk/js/dist -prune -o -type f -print 2>/dev/null)
# Two test processes fill the two cores that we build on; more only help on larger machines.
JOBS ?= 2
ARGS ?=

.PHONY: help
help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

.PHONY: run
run: $(STAMPS)/python $(STAMPS)/client ## set everything up and serve on http://localhost:8000
	@exec $(BIN)/python manage.py serve $(ARGS)

VITE_PORT ?= 5173
.PHONY: dev
dev: $(STAMPS)/python $(STAMPS)/client ## serve on http://localhost:5173, and reload client and server on change
	@export MEET_VITE_PORT=$(VITE_PORT); \
	node_modules/.bin/vite --config static/vite.config.ts & vite=$$!; \
	trap 'kill $$vite 2> /dev/null || true' EXIT; \
	$(BIN)/python manage.py serve --reload $(ARGS)

.PHONY: build
build: $(STAMPS)/client ## build the browser client

.PHONY: compile
compile: $(STAMPS)/python ## compile the packet path (needs a C compiler and Python's headers): nodes started then cost less
	@tools=$$(mktemp -d) && trap 'rm -rf "$$tools"' EXIT; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --target "$$tools" -r requirements-compile.txt; \
	PYTHONPATH="$$tools" $(BIN)/python -m scripts.compile_packet_path

.PHONY: test
test: $(STAMPS)/dev $(STAMPS)/client $(STAMPS)/system ## run all tests but the long ones
	npm run --silent test
	$(BIN)/python -m pytest tests --ignore tests/e2e -m "not long" -n $(JOBS) --dist loadfile $(ARGS)
	$(BIN)/python -m pytest tests/e2e -m "not long" -n $(JOBS) --dist loadfile $(ARGS)

.PHONY: test-postgresql
test-postgresql: $(STAMPS)/dev $(STAMPS)/client $(STAMPS)/system ## run all tests that use a database on PostgreSQL with Redis
	$(BIN)/python -m tests.on_postgresql tests --ignore tests/e2e --ignore tests/media --ignore tests/benchmarks -m "not long" -n $(JOBS) --dist loadfile $(ARGS)

.PHONY: test-postgresql-browsers
test-postgresql-browsers: $(STAMPS)/dev $(STAMPS)/client $(STAMPS)/system ## run the browser tests on PostgreSQL with Redis
	$(BIN)/python -m tests.on_postgresql tests/e2e -m "not long" -n $(JOBS) --dist loadfile $(ARGS)

.PHONY: test-compiled
test-compiled: $(STAMPS)/dev $(STAMPS)/client ## compile the packet path, and run calls and rooms of several nodes with it
	$(BIN)/python -m pytest tests/media/test_compiled.py -m long $(ARGS)

.PHONY: test-long
test-long: $(STAMPS)/dev $(STAMPS)/client $(STAMPS)/system-long ## run the tests that take minutes
	$(BIN)/python -m pytest tests --ignore tests/e2e -m long -n $(JOBS) $(ARGS)
	$(BIN)/python -m pytest tests/e2e -m long $(ARGS)

.PHONY: lint
lint: $(STAMPS)/dev $(STAMPS)/node ## check style, types, imports and templates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy media meet rooms recording stats benchmarks tests sdk/python
	$(BIN)/lint-imports --no-cache
	$(BIN)/djlint templates --lint --quiet
	npm run --silent check
	npm run --silent lint

.PHONY: fmt
fmt: $(STAMPS)/dev $(STAMPS)/node ## format everything
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	npm run --silent fmt

.PHONY: bench
bench: $(STAMPS)/dev $(STAMPS)/client $(STAMPS)/system ## measure forwarding, meetings and joining (figures also in benchmarks/out/)
	$(BIN)/python -m benchmarks.forwarding
	$(BIN)/python -m benchmarks.meetings
	$(BIN)/python -m benchmarks.estimation
	$(BIN)/python -m benchmarks.joining

.PHONY: bench-scale
bench-scale: $(STAMPS)/dev $(STAMPS)/client $(STAMPS)/system ## measure webinars and calls of many, and crowds who join (half a minute: ARGS="--cases webinar-1-500 --share 0.2 --seconds 5")
	$(BIN)/python -m benchmarks.scale $(ARGS)

.PHONY: soak
soak: $(STAMPS)/dev $(STAMPS)/client $(STAMPS)/system ## play a recorded call of ten in which people come and go, and see that nothing grows (ARGS="--minutes 60")
	$(BIN)/python -m benchmarks.soak $(ARGS)

.PHONY: bench-recording
bench-recording: $(STAMPS)/dev $(STAMPS)/system ## measure what recording ten rooms at once costs
	$(BIN)/python -m benchmarks.recording

.PHONY: bench-composition
bench-composition: $(STAMPS)/dev $(STAMPS)/system ## measure making a video of a recording with four cameras
	$(BIN)/python -m benchmarks.composition

.PHONY: bench-statistics
bench-statistics: $(STAMPS)/dev $(STAMPS)/system ## measure statistics with a million sessions in PostgreSQL
	$(BIN)/python -m benchmarks.statistics

.PHONY: bench-web
bench-web: $(STAMPS)/dev $(STAMPS)/client $(STAMPS)/system ## measure pages, tickets and statistics of a crowd (100 people a second; ARGS="--postgresql --rate 500")
	$(BIN)/python -m benchmarks.crowd_web $(ARGS)

.PHONY: bench-network
bench-network: $(STAMPS)/dev $(STAMPS)/client $(STAMPS)/system ## measure calls across emulated links (half an hour; ARGS="--cases loss-5 drop*")
	$(BIN)/python -m benchmarks.network $(ARGS)

.PHONY: screenshots
screenshots: $(STAMPS)/dev $(STAMPS)/client $(STAMPS)/system ## take pictures of the main screens into screenshots/
	$(BIN)/python -m tests.screenshots

.PHONY: docs
docs: $(STAMPS)/dev ## make the documentation's site, with search, in site/
	$(BIN)/python -m scripts.docs_site

.PHONY: generate
generate: $(STAMPS)/dev ## write the client's side of what goes over the wire, the reference of attributes and the catalogues of texts
	$(BIN)/python manage.py generate
	$(BIN)/python -m scripts.catalogues

# What is installed to run is what is tested: the same versions for every Python.
.PHONY: lock
lock: $(STAMPS)/dev ## lock the dependencies of pyproject.toml and package.json anew
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url \
		--python-version 3.11 pyproject.toml --group dev -o requirements-dev.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url \
		--python-version 3.11 --constraints requirements-dev.txt pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url \
		--python-version 3.11 --constraints requirements-dev.txt --group compile -o requirements-compile.txt
	npm install --package-lock-only

.PHONY: sbom
sbom: $(STAMPS)/dev ## list what the product is made of (CycloneDX) into sbom/
	mkdir -p sbom
	$(BIN)/cyclonedx-py requirements requirements.txt --pyproject pyproject.toml --sv 1.6 --output-reproducible -o sbom/python.cdx.json
	npm sbom --package-lock-only --sbom-format cyclonedx --sbom-type application > sbom/npm.cdx.json

.PHONY: clean
clean: ## remove what the commands above made, but not the data in var/
	rm -rf .venv node_modules static/dist sdk/js/dist site $(STAMPS) .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(STAMPS)/venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name one with make PYTHON=..."; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "Python's venv module is missing: apt-get install python3-venv"; exit 1; }
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/python: requirements.txt | $(STAMPS)/venv
	@echo "Installing Python packages ..."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(STAMPS)/dev: requirements-dev.txt $(STAMPS)/python
	@echo "Installing Python packages for tests and checks ..."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

$(STAMPS)/node: package.json package-lock.json
	@command -v npm > /dev/null || { echo "Node.js 20 or newer with npm is needed."; exit 1; }
	@echo "Installing npm packages ..."
	npm ci --silent
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/client: $(CLIENT_SOURCES) $(STAMPS)/node $(STAMPS)/python
	npm run --silent build -- --logLevel warn
	$(BIN)/python -m whitenoise.compress --quiet static/dist
	@touch $@

$(STAMPS)/system: scripts/install-test-packages
	scripts/install-test-packages
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/system-long: scripts/install-test-packages
	scripts/install-test-packages --long
	@mkdir -p $(STAMPS) && touch $@
