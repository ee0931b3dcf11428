# Everything a contributor types. Each target sets up what it needs in .venv on first use; the
# second time costs one checksum. Users need none of this: `pip install .` and `dryfill` suffice.

VENV := .venv
BIN  := $(VENV)/bin
LINK := build/pkg/dryfill
ROOMS := $(patsubst %/__init__.py,%,$(wildcard trading/__init__.py matching/__init__.py \
	scenarios/__init__.py sim/__init__.py live/__init__.py testing/__init__.py \
	compat/__init__.py app/__init__.py))
MUTANTS ?= 600
# After which none is begun; the next run goes on from there.
MINUTES ?= 240
# Other Pythons, for what peers `make bench` finds there.
PEERS ?=
BENCHMARKS = $(sort $(wildcard benchmarks/bench_*.py))

.PHONY: help setup demo test check format bench coverage mutants clients dask nightly clean

help:
	@echo "make demo     a synthetic session, traded and reported"
	@echo "make test     the tests"
	@echo "make check    format, lint, types, import contract, tidy test"
	@echo "make format   what of the above can be mended by a machine"
	@echo "make bench    every benchmark, one after the other; the last writes build/bench/bench.md and .json"
	@echo "              (PEERS=path/to/python: and the peers that are installed there)"
	@echo "make coverage branch coverage of the order manager: printed, at least 95 %"
	@echo "make mutants  the order manager, broken in small ways: at least 85 % noticed (MINUTES=240)"
	@echo "make clients  environments for other people's clients that need Python 3.12 (minutes, once)"
	@echo "make nightly  the tests with long searches, those clients, Dask, coverage and mutants"
	@echo "make clean    take away .venv, build and caches"

setup:
	@sh tests/house/setup.sh $(VENV)

demo: setup
	$(BIN)/dryfill demo

test: setup
	$(BIN)/python -m pytest -q -n auto --dist worksteal

# mypy reads room by room through the link: -p dryfill would follow the link into itself.
check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy -m dryfill $(ROOMS:%=-p dryfill.%)
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/house/test_tidy.py tests/house/test_package.py

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup
	@set -e; for file in $(BENCHMARKS); do echo "== $$file"; $(BIN)/python $$file; done
	$(BIN)/python benchmarks/peers.py $(foreach python,$(PEERS),--python $(python))

coverage: setup
	$(BIN)/python -m pytest -q -n auto tests/trading/orders tests/conformance tests/app/test_risk.py \
		--cov=trading/orders --cov-branch --cov-report=term:skip-covered --cov-fail-under=95

mutants: setup
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt cosmic-ray
	$(BIN)/python tests/house/mutation.py --count $(MUTANTS) --minutes $(MINUTES) --seed 1

clients: setup
	@$(BIN)/python tests/house/client_environments.py

dask: setup
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt distributed

nightly: setup clients dask coverage
	DRYFILL_NIGHTLY=1 $(BIN)/python -m pytest -q -n auto --dist worksteal --timeout 3600
	@if $(BIN)/python -c 'import dryfill.matching.native.core' 2>/dev/null; then \
		DRYFILL_BOTH_ENGINES=1 $(BIN)/python -m pytest -q -n auto --dist worksteal \
			tests/sim tests/trading tests/testing tests/conformance tests/live tests/examples; fi
	@set -e; for step in 1 50000; do \
		DRYFILL_CLOCK_STEP_NS=$$step $(BIN)/python -m pytest -q -n auto --dist worksteal \
			tests/trading tests/conformance tests/scenarios tests/live tests/testing; done
	@$(MAKE) mutants

clean:
	rm -rf $(VENV) build dist dryfill.egg-info matching/native/core*.so matching/native/core*.pyd
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
