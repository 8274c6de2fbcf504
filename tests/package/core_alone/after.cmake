# SPDX-License-Identifier: BSL-1.0
execute_process(COMMAND readelf -d ${BINARY}/consumer OUTPUT_VARIABLE needed RESULT_VARIABLE code)
if(NOT code EQUAL 0 OR NOT needed MATCHES "libcrypto")
  message(FATAL_ERROR "readelf does not show libcrypto: ${needed}")
endif()
if(needed MATCHES "libssl")
  message(FATAL_ERROR "a program with core alone links libssl")
endif()
