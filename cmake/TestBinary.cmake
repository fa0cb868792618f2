# add_test_binary(NAME [SEES_ASIO] SOURCES file... LINKS library... LABELS label...)
#
# One GoogleTest binary and one CTest entry for all of it: a process per test would spend most of its time starting
# the sanitizers. Tests run in a new order each time; GTEST_RANDOM_SEED=N (the run prints N) repeats one.
# SEES_ASIO: for code above io; it can then use tests/support as well.
function(add_test_binary name)
  cmake_parse_arguments(TEST "SEES_ASIO" "" "SOURCES;LINKS;LABELS" ${ARGN})
  add_executable(${name} ${TEST_SOURCES})
  target_include_directories(${name} PRIVATE "${CMAKE_SOURCE_DIR}/tests")
  target_link_libraries(${name} PRIVATE ${TEST_LINKS} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE
    YATAGARASU_VECTORS="${YATAGARASU_VECTORS}" YATAGARASU_SOURCE_DIR="${CMAKE_SOURCE_DIR}")

  set(headers test_headers)
  if(TEST_SEES_ASIO)
    set(headers test_headers_asio)
    file(GLOB support CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/support/*.cc")
    if(support)
      target_link_libraries(${name} PRIVATE yatagarasu_test_support)
    endif()
  endif()
  precompiled_test_headers(${headers})
  target_precompile_headers(${name} REUSE_FROM ${headers})

  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES
    LABELS "${TEST_LABELS}"
    TIMEOUT 300
    ENVIRONMENT "GTEST_SHUFFLE=1;ASAN_OPTIONS=strict_string_checks=1:detect_stack_use_after_return=1;UBSAN_OPTIONS=print_stacktrace=1;TSAN_OPTIONS=halt_on_error=1")
endfunction()

# Makes, at the first call, the target that compiles GoogleTest's headers (and Asio's) once for all test binaries.
function(precompiled_test_headers name)
  if(TARGET ${name})
    return()
  endif()
  set(empty "${CMAKE_BINARY_DIR}/${name}.cc")
  file(CONFIGURE OUTPUT "${empty}" CONTENT "")
  add_library(${name} OBJECT EXCLUDE_FROM_ALL "${empty}")
  target_link_libraries(${name} PRIVATE GTest::gmock)
  target_precompile_headers(${name} PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
  if(name STREQUAL "test_headers_asio")
    target_link_libraries(${name} PRIVATE yatagarasu_io)
    target_precompile_headers(${name} PRIVATE "${CMAKE_SOURCE_DIR}/src/io/pch.h")
  endif()
  # Executables are compiled as PIE, this library as PIC; a precompiled header must agree with its user.
  target_compile_options(${name} PRIVATE -fPIE)
endfunction()
