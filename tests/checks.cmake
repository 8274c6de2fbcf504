# SPDX-License-Identifier: BSL-1.0
# Checks on the sources themselves.
find_package(Python3 COMPONENTS Interpreter)
if(Python3_Interpreter_FOUND)
  foreach(pair IN ITEMS "WallsStand walls.py" "EachThreatHasItsTest threat_table.py")
    separate_arguments(pair)
    list(GET pair 0 name)
    list(GET pair 1 script)
    add_test(NAME sources.${name} COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/${script})
    set_tests_properties(sources.${name} PROPERTIES LABELS sources)
  endforeach()
endif()
