# The project's commands. Compiled files lie outside the checkout, so that a fresh clone of it builds quickly.

export SPRINGALD_CACHE ?= $(HOME)/.cache/springald
export CARGO_TARGET_DIR ?= $(SPRINGALD_CACHE)/target
export PATH := $(PATH):$(HOME)/.cargo/bin

ROWS ?= 200000

.PHONY: demo test check generate tools

demo: tools ## copies a generated MySQL table to a Parquet snapshot and runs a query over it
	cargo build --package springald --bin springald --package springald-demo --bin generate-crimes
	demo/run.sh $(ROWS)

test: tools ## runs every test, those that start real servers included
	cargo test --workspace

check: tools ## what must be clean before a change is proposed
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings

generate: tools ## writes a CSV file of ROWS rows to standard output
	@cargo run --quiet --package springald-demo --bin generate-crimes -- --rows $(ROWS)

tools:
	@tests/need-rust.sh
	@tests/install-tools.sh
