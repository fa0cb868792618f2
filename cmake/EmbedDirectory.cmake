# Makes OUT, a C++ file that defines the function FUNCTION of HEADER, which returns the files below DIRECTORY as a
# std::span<const EmbeddedFile> sorted by name. EmbeddedFile {std::string_view name; std::string_view bytes;} comes from
# HEADER. Included, it offers embed_directory(); run as a script (cmake -P), it writes the file.
#
# embed_directory(OUT file.cc DIRECTORY dir HEADER "app/x.h" FUNCTION yatagarasu::app::x)
function(embed_directory)
  cmake_parse_arguments(EMBED "" "OUT;DIRECTORY;HEADER;FUNCTION" "" ${ARGN})
  file(GLOB_RECURSE files CONFIGURE_DEPENDS "${EMBED_DIRECTORY}/*")
  add_custom_command(
    OUTPUT "${EMBED_OUT}"
    COMMAND ${CMAKE_COMMAND} "-DOUT=${EMBED_OUT}" "-DDIRECTORY=${EMBED_DIRECTORY}" "-DHEADER=${EMBED_HEADER}"
      "-DFUNCTION=${EMBED_FUNCTION}" -P "${CMAKE_SOURCE_DIR}/cmake/EmbedDirectory.cmake"
    DEPENDS ${files} "${CMAKE_SOURCE_DIR}/cmake/EmbedDirectory.cmake"
    COMMENT "Embedding ${EMBED_DIRECTORY}"
    VERBATIM)
endfunction()

if(NOT CMAKE_SCRIPT_MODE_FILE)
  return()
endif()

file(GLOB_RECURSE files RELATIVE "${DIRECTORY}" "${DIRECTORY}/*")
list(SORT files)
list(LENGTH files count)
set(arrays "")
set(entries "")
set(index 0)
foreach(file IN LISTS files)
  file(READ "${DIRECTORY}/${file}" bytes HEX)
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${bytes}")
  # A final NUL keeps an empty file from being an array of no elements.
  string(APPEND arrays "constexpr char kFile${index}[] = {${bytes}'\\0'};\n")
  string(APPEND entries "    {R\"name(${file})name\", {kFile${index}, sizeof(kFile${index}) - 1}},\n")
  math(EXPR index "${index} + 1")
endforeach()

string(REGEX REPLACE "^(.*)::[^:]+$" "\\1" namespace "${FUNCTION}")
string(REGEX REPLACE "^.*::" "" function "${FUNCTION}")
file(WRITE "${OUT}" "// Made from ${count} files by cmake/EmbedDirectory.cmake.
#include \"${HEADER}\"

#include <array>

namespace ${namespace} {
namespace {
${arrays}
constexpr std::array<EmbeddedFile, ${count}> kFiles{{
${entries}}};
}  // namespace

std::span<const EmbeddedFile> ${function}() {
  return kFiles;
}
}  // namespace ${namespace}
")
