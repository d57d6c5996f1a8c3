# The commands of a fresh clone: they need git, make and Python 3.11 or later with venv.
PYTHON ?= python3
PORT ?= 8000
export PORT

VENV := .venv
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.installed-run
DEV_STAMP := $(VENV)/.installed-dev
STATIC_STAMP := var/.static
STATIC_FILES := $(shell find static -type f 2>/dev/null)
DEMO_STORE := sqlite:///var/demo.db
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
TOOLS := $(CURDIR)/.tools

.PHONY: run demo test check bench format clean help

help:
	@echo "make run    the server on port $(PORT), real and empty"
	@echo "make demo   the same with a made-up organisation and live events"
	@echo "make test   every test    make check   format, lint, types, contracts, templates    make bench   measurements"

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(RUN_STAMP): requirements.txt | $(BIN)/python
	$(PIP) install -r requirements.txt
	@touch $@

$(DEV_STAMP): requirements-dev.txt requirements.txt | $(BIN)/python
	$(PIP) install -r requirements-dev.txt
	@touch $@ $(RUN_STAMP)

$(STATIC_STAMP): $(STATIC_FILES) $(RUN_STAMP) bigtransit/static.py
	$(BIN)/python manage.py collectstatic --noinput --clear --verbosity 0
	@mkdir -p var && touch $@

run: $(RUN_STAMP) $(STATIC_STAMP)
	@$(BIN)/python manage.py prepare_store
	@exec $(BIN)/gunicorn --config bigtransit/gunicorn.conf.py

demo: export BIGTRANSIT_STORAGE_URL := $(if $(BIGTRANSIT_STORAGE_URL),$(BIGTRANSIT_STORAGE_URL),$(DEMO_STORE))
demo: $(RUN_STAMP) $(STATIC_STAMP)
	@$(BIN)/python manage.py prepare_store
	@$(BIN)/python manage.py simulate --prepare
	@$(BIN)/python manage.py simulate --local & simulator=$$!; \
	  trap 'kill $$simulator 2>/dev/null' EXIT INT TERM; \
	  $(BIN)/gunicorn --config bigtransit/gunicorn.conf.py

test: $(DEV_STAMP)
	@$(BIN)/python -m tests.dynamodb_local fetch
	$(BIN)/python -m pytest -n 2

check: $(DEV_STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy bigtransit dashboard storage tests
	$(BIN)/lint-imports --no-cache
	$(BIN)/djlint templates --lint --quiet

format: $(DEV_STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(DEV_STAMP)
	@$(BIN)/python -m tests.dynamodb_local fetch
	$(BIN)/python -m tests.bench

clean:
	rm -rf $(VENV) .tools var staticfiles
