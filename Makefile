# The project's commands. Compiled files lie outside the checkout, so that a fresh clone of it builds quickly.

export SPRINGALD_CACHE ?= $(HOME)/.cache/springald
export CARGO_TARGET_DIR ?= $(SPRINGALD_CACHE)/target
export PATH := $(PATH):$(HOME)/.cargo/bin

ROWS ?= 200000
RUNS ?= 3

.PHONY: demo test test-mysql test-chaos check bench generate tools demo-tools

demo: demo-tools ## copies a generated MySQL table to a Parquet snapshot and runs a query over it
	cargo build --package springald --bin springald --package springald-demo --bin generate-crimes
	demo/run.sh $(ROWS)

test: tools ## runs every test but those of the longer targets below; real servers included
	cargo test --workspace -- --skip chaos::

test-mysql: tools ## runs the source's tests against a real MySQL server (Debian only; two minutes to install the first time)
	tests/install-mysql.sh
	tests/with-mysql.sh cargo test --workspace --test source

test-chaos: tools ## kills, holds and restarts the cluster's processes while runs are at work; ten minutes
	cargo test --workspace --test e2e -- chaos:: --test-threads 2

check: tools ## what must be clean before a change is proposed
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings

bench: ROWS = 2000000
bench: demo-tools ## compares with Spark, ConnectorX, DuckDB and a bare drain over ROWS rows, RUNS times each; writes benches/RESULTS.md
	@benches/install-tools.sh
	cargo build --release --package springald --bin springald --package springald-demo --bin generate-crimes \
	    --package springald-mysql --example drain
	"$(SPRINGALD_CACHE)/bench-venv/bin/python" -B benches/bench.py --rows $(ROWS) --runs $(RUNS)

generate: demo-tools ## writes a CSV file of ROWS rows to standard output
	@cargo run --quiet --package springald-demo --bin generate-crimes -- --rows $(ROWS)

tools:
	@tests/need-rust.sh
	@tests/install-tools.sh

demo-tools:
	@tests/need-rust.sh
	@tests/install-tools.sh demo
