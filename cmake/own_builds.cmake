# SPDX-License-Identifier: MIT
#
# How our own tests and examples are compiled. Directory properties of this folder, so nothing of it reaches a parent
# project, the dependencies above, or whoever links gridone::storage.

set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)

add_compile_options(-Wall -Wextra -Wpedantic -Wconversion -Wshadow)
if(PROJECT_IS_TOP_LEVEL AND NOT DEFINED CMAKE_COMPILE_WARNING_AS_ERROR)
    set(CMAKE_COMPILE_WARNING_AS_ERROR ON)
endif()

if(GRIDONE_STORAGE_SANITIZE STREQUAL "address")
    set(sanitizer_flags -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
elseif(GRIDONE_STORAGE_SANITIZE STREQUAL "thread")
    set(sanitizer_flags -fsanitize=thread -fno-omit-frame-pointer)
elseif(GRIDONE_STORAGE_SANITIZE)
    message(FATAL_ERROR "GRIDONE_STORAGE_SANITIZE is '${GRIDONE_STORAGE_SANITIZE}'; it can be empty, address or thread")
endif()
if(sanitizer_flags AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC's own advice: with a sanitizer it sees uninitialised values where there are none.
    list(APPEND sanitizer_flags -Wno-maybe-uninitialized)
endif()
add_compile_options(${sanitizer_flags})
add_link_options(${sanitizer_flags})

# testing/conformance.hpp is for users who have Catch2, so gridone::storage does not link it; its check needs the headers.
if(TARGET Catch2::Catch2)
    include_directories(SYSTEM $<TARGET_PROPERTY:Catch2::Catch2,INTERFACE_INCLUDE_DIRECTORIES>)
endif()

# `with_postgres COMMAND…` runs a command with DATABASE_URL of a private server; tests and examples both need it.
find_package(Threads REQUIRED)
add_executable(with_postgres tests/with_postgres.cpp)
target_link_libraries(with_postgres PRIVATE gridone::storage Threads::Threads)
