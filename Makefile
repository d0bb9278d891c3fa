# Every target sets up what it needs first; that takes no time when nothing changed.
.PHONY: run test soak bench check shots web lock migration reference setup setup-dev clean

BIN := .venv/bin
SCRIPTS := scripts/setup scripts/migration scripts/env-example
LOCK := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header \
        --no-emit-index-url --no-emit-find-links --python-version 3.11 pyproject.toml

run: setup            ## set up and serve
	$(BIN)/mojodex serve

setup:
	@scripts/setup

setup-dev:
	@scripts/setup --dev

check: setup-dev      ## everything that reads the code without running it
	$(BIN)/ruff format --check . $(SCRIPTS)
	$(BIN)/ruff check . $(SCRIPTS)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vulture src --min-confidence 80
	$(BIN)/python scripts/reference.py --check
	$(BIN)/python scripts/migration --check
	cd web && npm run --silent lint && npm run --silent typecheck && npm run --silent check:api

test:                 ## everything that runs
	@scripts/setup --dev --system
	$(BIN)/pytest -n auto --cov --cov-report=term
	cd web && npm test

soak:                 ## thousands of turns under troubles, with Redis and without; a quarter of an hour
	@scripts/setup --dev --system
	$(BIN)/python -m tests.soak --both --minutes 6 --write docs/reference/recovery.md

bench:                ## how fast it is, into docs/reference/performance.md; make bench only=lists
	@scripts/setup --dev --system
	$(BIN)/python -m benchmarks --only "$(only)"

shots: setup-dev      ## a picture of every page and state
	$(BIN)/python scripts/shots.py
	MOJODEX_ALL_THEMES=1 $(BIN)/pytest -n auto tests/browser/test_access.py

web:                  ## build the web app
	@scripts/setup

lock: setup-dev       ## resolve the dependencies again
	$(LOCK) --output-file requirements.txt
	$(LOCK) --extra dev --output-file requirements-dev.txt

migration: setup-dev  ## draft a revision: make migration m="say what"
	$(BIN)/python scripts/migration "$(m)"

reference: setup-dev  ## write docs/reference, docs/openAPI, .env.example and the web's types
	$(BIN)/python scripts/env-example
	$(BIN)/python scripts/reference.py
	cd web && npm run --silent gen:api

clean:                ## remove what was built, but no data
	rm -rf .venv .tools web/node_modules web/dist src/mojodex/_web dist
