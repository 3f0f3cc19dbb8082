# SPDX-License-Identifier: MIT
#
# cmake -DCASE=… -DCHECKOUT=… -DWORK=… -P consume.cmake: builds one of the projects here from nothing and runs it.

cmake_minimum_required(VERSION 3.25)

function(run)
    execute_process(COMMAND ${ARGV} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(NOT result EQUAL 0)
        list(JOIN ARGV " " command)
        message(FATAL_ERROR "${command}\nended with ${result}:\n${output}")
    endif()
    set(output "${output}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})

if(CASE STREQUAL "plain_include")
    set(flags "")
    # Named twice, the compiler's own folder would be searched too early for its #include_next.
    list(REMOVE_ITEM INCLUDES /usr/include ${CHECKOUT}/include)
    list(REMOVE_DUPLICATES INCLUDES)
    foreach(folder IN LISTS INCLUDES)
        list(APPEND flags -isystem ${folder})
    endforeach()
    list(APPEND flags -L${LIBPQXX_DIR})
    set(ENV{CXX} ${COMPILER})
    run(${CHECKOUT}/tests/consumers/plain_include/build ${CHECKOUT} ${WORK}/widget ${flags})
    set(program ${WORK}/widget)
else()
    if(CASE STREQUAL "find_package")
        run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/installed)
        list(PREPEND PREFIX_PATH ${WORK}/installed)
    endif()
    list(JOIN PREFIX_PATH "\\;" PREFIX_PATH)
    run(${CMAKE_COMMAND} -S ${CHECKOUT}/tests/consumers/${CASE} -B ${WORK}/build -G ${GENERATOR}
        -DCMAKE_CXX_COMPILER=${COMPILER} "-DCMAKE_PREFIX_PATH=${PREFIX_PATH}" -DCHECKOUT=${CHECKOUT})
    run(${CMAKE_COMMAND} --build ${WORK}/build)
    set(program ${WORK}/build/widget)
endif()

run(${program})
message(STATUS "${output}")
if(NOT output MATCHES "read back: bolt, size 7")
    message(FATAL_ERROR "the program did not read back what it wrote")
endif()
if(CASE STREQUAL "fetch_content_in_parent" AND NOT output MATCHES "with the parent's own libpqxx and nlohmann_json")
    message(FATAL_ERROR "the targets of the parent project were not used")
endif()
