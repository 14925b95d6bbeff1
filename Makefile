# The one way to build, run and check Sentinel: `make help`.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup build run cluster test simulate lint bench tsan asan cover clean

ARGS ?=
SEED ?= 1
HOURS ?= 1000
SWIFT_TEST := swift test --disable-xctest
LLVM_COV = $(shell swift -print-target-info | sed -nE 's|.*"runtimeResourcePath": "(.*)/lib/swift".*|\1/bin/llvm-cov|p')
# Tests that wait for answers of servers: apart from those that keep both cores busy, or they wait for them too.
IO_TESTS := ^(HTTPServerTests|NotifyTests)\.
# Tests that start many processes, or kill servers: by themselves, so that others keep their time limits.
CLUSTER_TESTS := ^(PostgresTests|RedisTests|BrokerTests|KafkaBrokerTests|FleetTests)\.|CLIPostgresTests|CLICopyTests|ClusterTests|SimulationTests
BENCH_CC := $(CC) -O2 -std=gnu17 -Wall -Wextra -Werror

help:  ## Say what each target does
	@sed -nE 's/^([a-z]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r name text; do \
		printf '  make %-7s %s\n' "$$name" "$$text"; done

setup:  ## Install what is missing: Debian packages, web assets
	@scripts/setup build

build: setup  ## Build the release binary, .build/release/sentinel
	swift build --configuration release --static-swift-stdlib --product sentinel

run: build  ## Build, then serve on http://127.0.0.1:8000 (ARGS="..." for more flags)
	@exec .build/release/sentinel serve $(ARGS)

cluster: build  ## Build, then run PostgreSQL, Redis and two of each role (BROKER=kafka: with Kafka)
	@scripts/setup cluster
	@exec scripts/cluster

test:  ## Build and run all tests (ARGS="--filter Name" for some)
	@scripts/setup test
	swift build --build-tests
	@if [ -n "$(ARGS)" ]; then exec $(SWIFT_TEST) --skip-build $(ARGS); fi; \
	status=0; \
	$(SWIFT_TEST) --skip-build --skip '$(IO_TESTS)|$(CLUSTER_TESTS)' || status=1; \
	$(SWIFT_TEST) --skip-build --filter '$(CLUSTER_TESTS)' || status=1; \
	$(SWIFT_TEST) --skip-build --filter '$(IO_TESTS)' || status=1; \
	exit $$status

simulate:  ## Run the roles through simulated hours of trouble (SEED=1 HOURS=1000 ARGS="--plant BUG")
	@scripts/setup build
	swift build --configuration release --product sentinel-simulate
	@exec .build/release/sentinel-simulate --seed $(SEED) --hours $(HOURS) --jobs $$(nproc) $(ARGS)

lint:  ## Check format, imports, sizes and shell scripts
	@scripts/setup test
	swift format lint --strict --parallel --recursive Package.swift Sources Tests
	scripts/check-imports
	scripts/check-size
	shellcheck scripts/setup scripts/cluster scripts/check-* .ci/run

bench:  ## Measure cost, lateness, memory and disk use (ARGS="subject ..." for some)
	@scripts/setup bench
	swift build --configuration release --static-swift-stdlib --product sentinel
	swift build --configuration release --static-swift-stdlib --product sentinel-bench
	mkdir -p .build/bench
	$(BENCH_CC) -o .build/bench/target Benchmarks/target.c
	$(BENCH_CC) -o .build/bench/floor Benchmarks/floor.c
	$(BENCH_CC) -o .build/bench/probe-floor Benchmarks/probe-floor.c
	.build/release/sentinel-bench $(ARGS)

tsan:  ## Run the tests under the thread sanitizer
	@scripts/setup test
	$(SWIFT_TEST) --sanitize=thread --scratch-path .build-tsan -Xswiftc -DSENTINEL_TSAN $(ARGS)

asan:  ## Run the tests under the address sanitizer
	@scripts/setup test
	$(SWIFT_TEST) --sanitize=address --scratch-path .build-asan $(ARGS)

cover:  ## Run the tests and print the line coverage of each file
	@scripts/setup test
	$(SWIFT_TEST) --enable-code-coverage --scratch-path .build-cover
	$(LLVM_COV) report "$$(ls .build-cover/debug/*.xctest)" \
		-instr-profile=.build-cover/debug/codecov/default.profdata \
		-ignore-filename-regex='\.build|/Tests/|/TestSupport/'

clean:  ## Remove everything that was built
	rm -rf .build .build-tsan .build-asan .build-cover
