# SPDX-License-Identifier: MIT
#
# cmake -DTOOL=clang-format|clang-tidy -DPROGRAM=… -DROOT=… -DBUILD=… -DSOURCE=… -P style.cmake

cmake_minimum_required(VERSION 3.25)

if(PROGRAM STREQUAL "")
    message("${TOOL} is not installed in version 19")
    return()
endif()
if(TOOL STREQUAL "clang-format")
    file(GLOB_RECURSE sources ${ROOT}/include/*.hpp ${ROOT}/tests/*.hpp ${ROOT}/tests/*.cpp ${ROOT}/examples/*.hpp
         ${ROOT}/examples/*.cpp)
    execute_process(COMMAND ${PROGRAM} --dry-run -Werror ${sources} RESULT_VARIABLE result)
else()
    # The build's flags may be another compiler's.
    execute_process(COMMAND ${PROGRAM} --quiet -p ${BUILD} --extra-arg=-Wno-unknown-warning-option ${SOURCE}
                    RESULT_VARIABLE result)
endif()
if(NOT result EQUAL 0)
    message(FATAL_ERROR "${TOOL} found what is listed above")
endif()
