# SPDX-License-Identifier: BSL-1.0
# Settings for what this project compiles itself; nothing here reaches a consumer.

add_library(scepkit_compiler INTERFACE)
target_compile_features(scepkit_compiler INTERFACE cxx_std_20)
target_compile_options(scepkit_compiler INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast
  -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough -fstack-protector-strong
  # Designated initialisers that leave defaulted members out are how options are written here.
  -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # Flow warnings that GCC 12 raises wrongly at -O2 and above: std::string's operator+ (GCC bug 105651), vectors compared,
  # designated initialisers with defaulted strings (GCC bug 105562). Clang and the sanitizers look at the same code.
  target_compile_options(scepkit_compiler INTERFACE
    -Wno-restrict -Wno-stringop-overread -Wno-stringop-overflow -Wno-array-bounds -Wno-maybe-uninitialized)
endif()
if(SCEPKIT_WARNINGS_AS_ERRORS)
  target_compile_options(scepkit_compiler INTERFACE -Werror)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Debug" OR SCEPKIT_BUILD_TESTS)
  target_compile_definitions(scepkit_compiler INTERFACE _GLIBCXX_ASSERTIONS)
endif()
target_compile_definitions(scepkit_compiler INTERFACE BOOST_ASIO_NO_DEPRECATED)

if(SCEPKIT_SANITIZERS)
  add_compile_options(-fsanitize=${SCEPKIT_SANITIZERS} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  string(REPLACE ",fuzzer-no-link" "" _link_sanitizers "${SCEPKIT_SANITIZERS}")
  add_link_options(-fsanitize=${_link_sanitizers})
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    # Clang 14 cannot put the function sanitizer's prologue before a coroutine.
    add_compile_options(-fno-sanitize=function)
  else()
    # GCC 12 reports false positives in Asio under AddressSanitizer.
    add_compile_options(-Wno-maybe-uninitialized)
  endif()
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
  find_program(SCEPKIT_CCACHE ccache)
  if(SCEPKIT_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${SCEPKIT_CCACHE})
  endif()
  # Installed tools find installed libraries, wherever the prefix is moved.
  if(BUILD_SHARED_LIBS AND NOT CMAKE_INSTALL_RPATH)
    set(CMAKE_INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR};$ORIGIN")
  endif()
endif()
