# SPDX-License-Identifier: BSL-1.0
execute_process(COMMAND ${PROGRAM} --benchmark_min_time=0.01 --benchmark_format=csv
  OUTPUT_VARIABLE output ERROR_VARIABLE errors RESULT_VARIABLE code)
message("${output}${errors}")
if(NOT code EQUAL 0)
  message(FATAL_ERROR "the benchmarks ended with ${code}")
endif()
foreach(name IN ITEMS client_builds_pkcsreq client_opens_certrep responder_answers_pkcsreq responder_over_http
                      responder_over_http_with_file_ledger parse_certificate_bag iis_log_to_verdict ledger_puts
                      ledger_opens)
  if(NOT output MATCHES "\"${name}/[^\n]*\"")
    message(FATAL_ERROR "no figure for ${name}")
  endif()
endforeach()
if(NOT output MATCHES "limit_us" OR NOT output MATCHES "ratio")
  message(FATAL_ERROR "the figures have no limit beside them")
endif()
