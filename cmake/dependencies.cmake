# Debian's libraries under short names, so that the list of modules reads as a diagram.
# Everything that the static agent reaches is linked by its bare name: the linker then takes the .a
# for a -static program, where CMake's imported targets would pass the .so.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

function(header_library name)
  add_library(${name} INTERFACE)
  target_compile_definitions(${name} INTERFACE ${ARGN})
endfunction()

header_library(fmt FMT_HEADER_ONLY=1)
header_library(expected)
header_library(json)
# Asio asks for libstdc++'s aligned_alloc before it includes any of its headers, so the answer depends on what a file includes first:
# memory from operator new in one file, freed by free in another. Said here, it is the same everywhere.
header_library(asio ASIO_SEPARATE_COMPILATION=1 ASIO_NO_DEPRECATED=1 ASIO_HAS_STD_ALIGNED_ALLOC=1)
target_link_libraries(asio INTERFACE Threads::Threads)
# g++ 12 at -O2 takes Asio's own coroutine frame allocator (a pair of operator new and delete) for a mismatch.
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  target_compile_options(asio INTERFACE -Wno-mismatched-new-delete)
endif()

function(bare_library name)
  add_library(${name} INTERFACE)
  target_link_libraries(${name} INTERFACE ${ARGN})
endfunction()

bare_library(libcrypto crypto)
bare_library(libssh2 ssh2 ssl crypto z)
bare_library(zstd_library -lzstd)  # by flag: the bare name would mean the alias below
add_library(zstd ALIAS zstd_library)
bare_library(protobuf_lite protobuf-lite Threads::Threads)
bare_library(cli11)

function(pkg_library name module)
  pkg_check_modules(${name}_pc REQUIRED IMPORTED_TARGET ${module})
  add_library(${name} INTERFACE)
  target_link_libraries(${name} INTERFACE PkgConfig::${name}_pc)
endfunction()

find_package(date REQUIRED)
add_library(date_tz INTERFACE)
target_link_libraries(date_tz INTERFACE date::date-tz)
pkg_library(libgit2 libgit2)
# libcurl is loaded when it is asked for (core/http/libcurl): only its headers are used here.
pkg_check_modules(libcurl_pc REQUIRED libcurl)
add_library(libcurl INTERFACE)
target_include_directories(libcurl SYSTEM INTERFACE ${libcurl_pc_INCLUDE_DIRS})
target_link_libraries(libcurl INTERFACE ${CMAKE_DL_LIBS})
pkg_library(yaml yaml-cpp)
find_library(SQLITECPP_LIBRARY SQLiteCpp REQUIRED)
bare_library(sqlite ${SQLITECPP_LIBRARY} sqlite3)
find_program(PROTOC protoc REQUIRED)
