PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
AT_ONCE ?= 2

.DEFAULT_GOAL := help

help:  ## Show the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

setup: $(READY)  ## Make .venv with everything installed

tools:  ## Install what the tests use beside Python (Debian, as root; else says what is missing)
	@bash deploy/tools.sh

check: $(READY)  ## Lint, format and type checks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Files at once, each process with a Kafka of its own; in their order, as the slow ones come first.
test: $(READY)  ## Run the tests
	$(BIN)/python -m pytest -n $(AT_ONCE) --dist loadfile --no-loadscope-reorder

demo: $(READY)  ## Run the pipeline on a simulated shop, and show who is about to leave
	$(BIN)/churnwatch demo

bench: $(READY)  ## Measure speed and memory (prints ratios; takes minutes)
	$(BIN)/python -m benchmarks

RIVALS := benchmarks/detection/.rivals

$(RIVALS)/.ready: benchmarks/detection/requirements.txt
	$(PYTHON) -m venv $(RIVALS)
	$(RIVALS)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

rivals: $(RIVALS)/.ready  ## Make the environment of what detection is measured against

format: $(READY)  ## Format the code
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format --quiet .

clean:  ## Remove what the targets above made
	rm -rf $(VENV) $(RIVALS) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

.PHONY: help setup tools check test demo bench rivals format clean
