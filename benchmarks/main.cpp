// SPDX-License-Identifier: BSL-1.0
#include <benchmark/benchmark.h>

// Every line has work_us, limit_us and ratio = limit / work. docs/benchmarks.md says what each limit is.
BENCHMARK_MAIN();
