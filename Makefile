# The commands of development; `make` alone lists them.

BIN = .venv/bin
COMPILE = $(BIN)/uv pip compile --quiet pyproject.toml --universal --python-version 3.11 \
	--generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links

.PHONY: help setup test unit lint format types lock migration docs demo faults bench fuzz clean

help: ## list these commands
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 12

setup: ## install what development needs into .venv
	tests/run --version

test: ## run every check, as continuous integration does
	tests/run

unit: ## run the fast tests, which need no server
	tests/run tests/unit -q

lint: setup ## look for mistakes and for imports that go the wrong way
	$(BIN)/ruff check && $(BIN)/ruff format --check && $(BIN)/lint-imports

format: setup ## put every file into the common form
	$(BIN)/ruff check --select I --fix && $(BIN)/ruff format

types: setup ## check the types
	$(BIN)/mypy

lock: setup ## choose the newest allowed versions and pin them with hashes
	$(COMPILE) --upgrade --group build --output-file requirements.lock
	$(COMPILE) --upgrade --group dev --constraint requirements.lock --output-file requirements-dev.lock

migration: setup ## write the next migration: make migration SLUG=first SAYS="What it does"
	$(BIN)/python -m tests.migration $(SLUG) "$(SAYS)"

docs: setup ## write docs/commands.md from the commands' help
	$(BIN)/python -m tests.docs.commands

demo: ## start two Asterisk servers, call simulated people, show what came of it
	./ringbank demo

faults: setup ## break something in 100 campaigns and compare the books: half an hour
	$(BIN)/python -m tests.faults --rounds 100

bench: setup ## measure what README and docs promise
	for bench in bench/*.py; do $(BIN)/python $$bench || exit; done

fuzz: setup ## try long what readers make of hostile input
	FUZZ_EXAMPLES=5000 tests/run tests/fuzz -q

clean: ## remove what can be made again
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
