# add_part(NAME SOURCES file... [USES part...] [LINKS library...])
#
# One part: the static library yatagarasu_NAME from src/NAME and, where tests/unit/NAME holds *_test.cc files, its test
# binary NAME_test. USES must match the part's line in tools/layers.txt (tools/check_layers.py compares both).
# Parts that see Asio share one precompiled header, made by io.
function(add_part name)
  cmake_parse_arguments(PART "" "" "SOURCES;USES;LINKS" ${ARGN})
  set(library yatagarasu_${name})
  add_library(${library} STATIC ${PART_SOURCES})
  target_include_directories(${library} PUBLIC "${CMAKE_SOURCE_DIR}/src")
  list(TRANSFORM PART_USES PREPEND yatagarasu_ OUTPUT_VARIABLE used)
  target_link_libraries(${library} PUBLIC ${used} ${PART_LINKS})

  set(sees_asio FALSE)
  if("io" IN_LIST PART_USES)
    set(sees_asio TRUE)
    target_precompile_headers(${library} REUSE_FROM yatagarasu_io)
  endif()

  file(GLOB tests CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/unit/${name}/*.cc")
  if(YATAGARASU_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_include_directories(${name}_test PRIVATE "${CMAKE_SOURCE_DIR}/tests")
    target_link_libraries(${name}_test PRIVATE ${library} GTest::gmock GTest::gtest_main)
    target_compile_definitions(${name}_test PRIVATE
      YATAGARASU_VECTORS="${YATAGARASU_VECTORS}" YATAGARASU_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    gtest_discover_tests(${name}_test TEST_PREFIX "${name}." PROPERTIES LABELS "unit;${name}" TIMEOUT 60
      DISCOVERY_TIMEOUT 60)
  endif()
endfunction()
