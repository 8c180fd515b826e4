# The two commands are `make demo` and `make test`; everything else serves them.
PYTHON ?= python3
CHAOS_SEED ?= 1
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: chaos demo docs install test check lint test-slow format train-embedded contact-sheet messages screenshots performance lock hooks clean

demo: install
	$(BIN)/restyle demo --out demo-out

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -c constraints.txt -e '.[dev]'
	touch $(STAMP)

test: lint
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow"

# What a contributor runs now and then: no model is loaded, no database server or browser started.
check: lint
	$(BIN)/python -m pytest -q -n 2 --dist loadfile -m "not slow and not engine and not browser and not postgres"

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test-slow: install
	$(BIN)/python -m pytest -m slow --timeout 900

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

chaos: install
	$(BIN)/python -m tests.chaos --seed $(CHAOS_SEED)

train-embedded: install
	$(BIN)/python -m engine.embedded.training

contact-sheet: install
	$(BIN)/python -m engine.embedded.evaluation --no-figures --photos 3 --sheet contact-sheet.jpg

messages: install
	$(BIN)/python -m bot.language.extraction

screenshots: install
	$(BIN)/python -m tests.screenshots docs/screenshots
	$(BIN)/python -m tests.screenshots.readme docs/pictures

performance: install
	$(BIN)/restyle bench all --out docs/performance
	$(BIN)/python -m engine.bench.record docs/performance docs/performance.md

docs: install
	$(BIN)/python docs/make_site.py build/docs

# Everything but torch at its newest, written down in constraints.txt; run `make test` after it.
lock: install
	$(BIN)/python -m pip install --disable-pip-version-check --upgrade --upgrade-strategy eager \
		$$(grep '^torch==' constraints.txt) -e '.[dev]'
	$(BIN)/python deploy/lock.py

hooks: install
	$(BIN)/pre-commit install

clean:
	rm -rf $(VENV) demo-out .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
