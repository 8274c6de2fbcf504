# SPDX-License-Identifier: BSL-1.0
execute_process(COMMAND nm -D --undefined-only ${BINARY}/consumer OUTPUT_VARIABLE symbols RESULT_VARIABLE code)
if(NOT code EQUAL 0 OR NOT symbols MATCHES "memchr")
  message(FATAL_ERROR "nm does not show what the program imports: ${symbols}")
endif()
if(symbols MATCHES " (socket|connect|getaddrinfo)[@\n]")
  message(FATAL_ERROR "a program with diagnosis alone imports socket calls")
endif()
