# make train ARGS="..."   set up once, then train
# make test               everything that is checked: lint, notebooks, tests
# make lint               style, types and import layers only
# make evidence-core      measure what the README states, on a CPU
# make evidence-tables    measure what is promised of circuits, generators, losses and data files
# make evidence-compare   measure what is promised of comparisons
# make evidence-hardware  measure what is promised of Qiskit's primitives, without a quantum computer
# make evidence-gpu       measure on a GPU
# make bench              measure batched.qubit, against whatever of the peers below is here
# make bench-peers        make the environments of the simulators that are compared with ours
# make clean              remove caches and builds; runs and the environment stay

PYTHON ?= python3.11
VENV ?= .venv
# How many processes share the tests.
JOBS ?= 2
# An extra package index. On Linux the default torch brings gigabytes of CUDA libraries; where no GPU is used, give the
# index of torch's CPU builds (named on torch's "get started" page): make train INDEX=https://...
INDEX ?=
ARGS ?=

BIN := $(VENV)/bin
# Constraints by environment variable, so that they also hold for the tools that build the package.
PIP_SETTINGS := PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1
PIP_INSTALL := -m pip install -qq $(if $(INDEX),--extra-index-url $(INDEX))
PIP := PIP_CONSTRAINT=constraints.txt $(PIP_SETTINGS) $(BIN)/python $(PIP_INSTALL)
# Each of them has its own environment, since their dependencies contradict each other.
PEERS := $(basename $(notdir $(wildcard benchmarks/peers/*.txt)))
NOTEBOOKS := $(wildcard notebooks/*.ipynb)

.DEFAULT_GOAL := test
.DELETE_ON_ERROR:
.PHONY: train test lint notebooks evidence-core evidence-tables evidence-compare evidence-hardware evidence-gpu bench bench-peers clean

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# One stamp for each set of packages: set up once, and again when a version or a dependency changes.
$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing into $(VENV)"
	@$(PIP) -e .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing into $(VENV), with the test tools"
	@$(PIP) -e '.[dev]'
	@touch $(VENV)/.installed $@

$(VENV)/.installed-gpu: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing into $(VENV), with the GPU simulator"
	@$(PIP) -e '.[gpu]'
	@touch $(VENV)/.installed $@

$(VENV)/.installed-trackers: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing into $(VENV), with the test tools and the experiment trackers"
	@$(PIP) -e '.[dev,tensorboard,wandb,mlflow]'
	@touch $(VENV)/.installed $(VENV)/.installed-dev $@

.peers/%/.installed: benchmarks/peers/%.txt
	@echo "Installing into .peers/$*"
	@$(PYTHON) -m venv .peers/$*
	@$(PIP_SETTINGS) .peers/$*/bin/python $(PIP_INSTALL) -r $<
	@touch $@

train: $(VENV)/.installed
	$(BIN)/qgan train $(ARGS)

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports

notebooks: $(VENV)/.installed-dev
	$(if $(NOTEBOOKS),$(BIN)/pytest --nbmake $(NOTEBOOKS))

# Side by side, as each of the two keeps one core busy. What the tests of a file share is made in one process.
test: $(VENV)/.installed-dev
	@$(MAKE) --no-print-directory -j2 lint notebooks
	$(BIN)/pytest -n $(JOBS) --dist loadfile $(ARGS)

evidence-core: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks.core $(ARGS)

evidence-tables: $(VENV)/.installed-trackers
	$(BIN)/python -m benchmarks.tables $(ARGS)

evidence-compare: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks.compare $(ARGS)

evidence-hardware: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks.hardware $(ARGS)

evidence-gpu: $(VENV)/.installed-gpu
	$(BIN)/python -m benchmarks.gpu $(ARGS)

bench: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks.batched $(ARGS)

bench-peers: $(VENV)/.installed $(PEERS:%=.peers/%/.installed)

clean:
	rm -rf build dist .hypothesis .import_linter_cache .pytest_cache .ruff_cache $(VENV)/.installed* .peers/*/.installed
	find qgan circuits tests benchmarks notebooks -name __pycache__ -type d -prune -exec rm -rf {} +
