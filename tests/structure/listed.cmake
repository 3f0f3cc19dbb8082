# SPDX-License-Identifier: MIT
#
# cmake -DROOT=<checkout> -P listed.cmake: fails when a header or a source is in the tree and in no list, so that it would
# not be installed, or never be compiled.

cmake_minimum_required(VERSION 3.25)

include(${ROOT}/cmake/headers.cmake)
set(missing "")

file(GLOB_RECURSE headers RELATIVE ${ROOT} ${ROOT}/include/*.hpp)
foreach(header IN LISTS headers)
    if(NOT header IN_LIST gridone_storage_headers)
        string(APPEND missing "\n  ${header} is missing in cmake/headers.cmake")
    endif()
endforeach()
foreach(header IN LISTS gridone_storage_headers)
    if(NOT header IN_LIST headers)
        string(APPEND missing "\n  ${header} is listed in cmake/headers.cmake and does not exist")
    endif()
endforeach()

# A source may be listed in the CMakeLists.txt of its folder or of any folder above.
file(GLOB_RECURSE sources RELATIVE ${ROOT} ${ROOT}/tests/*.cpp ${ROOT}/examples/*.cpp)
foreach(source IN LISTS sources)
    set(listed FALSE)
    cmake_path(GET source PARENT_PATH folder)
    while(NOT folder STREQUAL "" AND NOT listed)
        if(EXISTS ${ROOT}/${folder}/CMakeLists.txt)
            file(READ ${ROOT}/${folder}/CMakeLists.txt text)
            cmake_path(RELATIVE_PATH source BASE_DIRECTORY ${folder} OUTPUT_VARIABLE name)
            string(REGEX REPLACE "\\.cpp$" "" stem "${name}")
            string(REGEX REPLACE "([][+.*()^$?|\\])" "\\\\\\1" stem "${stem}")
            if(text MATCHES "(^|[ \n/(])${stem}(\\.cpp)?[ \n)]")
                set(listed TRUE)
            endif()
        endif()
        cmake_path(GET folder PARENT_PATH folder)
    endwhile()
    # These are named outside their folders: the tool in cmake/own_builds.cmake, widget.cpp by the projects below it.
    if(NOT listed AND NOT source MATCHES "^tests/(with_postgres|consumers/widget)\\.cpp$")
        string(APPEND missing "\n  ${source} is in no CMakeLists.txt")
    endif()
endforeach()

if(missing)
    message(FATAL_ERROR "Lists are written by hand:${missing}")
endif()
