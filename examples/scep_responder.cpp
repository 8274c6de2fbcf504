// SPDX-License-Identifier: BSL-1.0
#include <scepkit/cli/tools.hpp>

int main(int argc, char** argv) { return scepkit::cli::run_main(argc, argv, scepkit::cli::scep_responder); }
