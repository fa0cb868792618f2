include(TestBinary)

# add_part(NAME SOURCES file... [USES part...] [LINKS library...])
#
# One part: the static library yatagarasu_NAME from src/NAME and, where tests/unit/NAME holds *.cc files, its test
# binary NAME_test. USES must match the part's line in tools/layers.txt (tools/check_layers.py compares both).
# Parts that see Asio share one precompiled header, made by io.
function(add_part name)
  cmake_parse_arguments(PART "" "" "SOURCES;USES;LINKS" ${ARGN})
  set(library yatagarasu_${name})
  add_library(${library} STATIC ${PART_SOURCES})
  target_include_directories(${library} PUBLIC "${CMAKE_SOURCE_DIR}/src")
  list(TRANSFORM PART_USES PREPEND yatagarasu_ OUTPUT_VARIABLE used)
  target_link_libraries(${library} PUBLIC ${used} ${PART_LINKS})

  set(sees_asio "")
  if(name STREQUAL "io")
    set(sees_asio SEES_ASIO)
  elseif("io" IN_LIST PART_USES)
    set(sees_asio SEES_ASIO)
    target_precompile_headers(${library} REUSE_FROM yatagarasu_io)
  endif()

  file(GLOB tests CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/unit/${name}/*.cc")
  if(YATAGARASU_TESTS AND tests)
    add_test_binary(${name}_test ${sees_asio} SOURCES ${tests} LINKS ${library} LABELS unit ${name})
  endif()
endfunction()
