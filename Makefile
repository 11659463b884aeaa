# The project's commands. Compiled files lie outside the checkout, so that a fresh clone of it builds quickly.

export SPRINGALD_CACHE ?= $(HOME)/.cache/springald
export CARGO_TARGET_DIR ?= $(SPRINGALD_CACHE)/target
export PATH := $(PATH):$(HOME)/.cargo/bin

ROWS ?= 200000
RUNS ?= 3
FUZZ_SECONDS ?= 300
ARCHITECTURE ?= $(shell uname -m)
EXECUTABLE ?= $(CARGO_TARGET_DIR)/debug/springald

.PHONY: demo test test-mysql test-spark test-chaos soak fuzz test-bootstrap check bench bench-build bench-scale dist generate \
    tools demo-tools

demo: demo-tools ## copies a generated MySQL table to a Parquet snapshot and runs a query over it
	cargo build --package springald --bin springald --package springald-demo --bin generate-crimes
	demo/run.sh $(ROWS)

test: tools ## runs every test but those of the longer targets below; real servers included
	tests/run.sh
	tests/bootstrap/quick.sh

test-bootstrap: tools ## installs EXECUTABLE (a debug build unless given) on a cluster of network namespaces, and uses it; needs root
	$(if $(filter file,$(origin EXECUTABLE)),cargo build --package springald --bin springald)
	tests/bootstrap/run.sh "$(EXECUTABLE)"

test-mysql: tools ## runs the source's tests against a real MySQL server (Debian only; two minutes to install the first time)
	tests/install-mysql.sh
	tests/with-mysql.sh tests/run-source.sh

test-spark: ## lets Spark read what was published; installs it and Java the first time, 400 MB
	@tests/need-rust.sh
	@tests/install-tools.sh spark
	cargo test --workspace -- spark::

test-chaos: tools ## kills, holds and restarts the cluster's processes, cuts networks and fills disks while runs are at work; needs root; a quarter of an hour
	cargo test --workspace -- chaos:: --test-threads 2

soak: RUNS = 200
soak: tools ## makes RUNS runs in a row on one cluster whose processes die at random (SEED says how), and looks for leaks; an hour or more
	SPRINGALD_SOAK_RUNS=$(RUNS) SPRINGALD_SOAK_SEED=$(or $(SEED),1) cargo test --workspace -- chaos::soak:: --nocapture

fuzz: PLANS = $(SPRINGALD_CACHE)/fuzz/plans
fuzz: ## sends the cluster changed plans and messages for FUZZ_SECONDS, and lets libFuzzer change plans as long: no panic, no hang, and memory within its bound
	SPRINGALD_FUZZ_SECONDS=$(FUZZ_SECONDS) SPRINGALD_FUZZ_PLANS="$(PLANS)" cargo test --workspace -- fuzz:: --nocapture
	crates/cluster/fuzz/run.sh $(FUZZ_SECONDS) "$(PLANS)"

check: tools ## what must be clean before a change is proposed
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --all-features -- -D warnings

bench: ROWS = 2000000
bench: bench-build ## compares with Spark, ConnectorX, DuckDB and a bare drain over ROWS rows, RUNS times each; writes benches/RESULTS.md
	"$(SPRINGALD_CACHE)/bench-venv/bin/python" -B benches/bench.py --rows $(ROWS) --runs $(RUNS)

bench-build: demo-tools
	@benches/install-tools.sh
	cargo build --release --package springald --bin springald --package springald-demo --bin generate-crimes \
	    --package springald-mysql --example drain --package springald-process --features springald-process/plain --example plain

bench-scale: tools bench-build ## shows how an ingest grows with its executors, on links of 20 Mbit/s; writes benches/SCALE.md; needs root
	"$(SPRINGALD_CACHE)/bench-venv/bin/python" -B benches/scale.py \
	    --springald "$(CARGO_TARGET_DIR)/release/springald" --generator "$(CARGO_TARGET_DIR)/release/generate-crimes"

dist: ## packs the executable for EMR's nodes, for ARCHITECTURE (x86_64, aarch64); half an hour on two cores
	@tests/need-rust.sh
	@bootstrap/package/make-dist.sh $(ARCHITECTURE)

generate: demo-tools ## writes a CSV file of ROWS rows to standard output
	@cargo run --quiet --package springald-demo --bin generate-crimes -- --rows $(ROWS)

tools:
	@tests/need-rust.sh
	@tests/install-tools.sh

demo-tools:
	@tests/need-rust.sh
	@tests/install-tools.sh demo
