# SPDX-License-Identifier: MIT
#
# cmake -DWORK=<folder> -P layers_bites.cmake: plants each kind of violation and expects layers.cmake to name it.

cmake_minimum_required(VERSION 3.25)

function(expect_violation file content sentence)
    file(REMOVE_RECURSE ${WORK})
    file(WRITE ${WORK}/include/gridone/storage/core/innocent.hpp "#include <string>\n")
    file(WRITE ${WORK}/include/gridone/storage/${file} "${content}")
    execute_process(
        COMMAND ${CMAKE_COMMAND} -DROOT=${WORK} -P ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/layers.cmake
        RESULT_VARIABLE result ERROR_VARIABLE message OUTPUT_QUIET
    )
    string(REGEX REPLACE "[ \n]+" " " message "${message}")
    string(FIND "${message}" "${sentence}" position)
    if(sentence STREQUAL "" AND NOT result EQUAL 0)
        message(FATAL_ERROR "${file} is refused, though nothing is wrong with it: ${message}")
    elseif(NOT sentence STREQUAL "" AND (result EQUAL 0 OR position EQUAL -1))
        message(FATAL_ERROR "not found in ${file}: ${sentence}\nsaid instead: ${message}")
    endif()
endfunction()

expect_violation(query/a.hpp "#include <gridone/storage/core/b.hpp>\n" "")
expect_violation(postgres/a.hpp "#include <pqxx/connection>\n" "")
expect_violation(core/a.hpp "#include <gridone/storage/query/b.hpp>\n" "query is not below core")
expect_violation(memory/a.hpp "#include <gridone/storage/postgres/b.hpp>\n" "postgres is not below memory")
expect_violation(postgres/a.hpp "#include <gridone/storage/memory/b.hpp>\n" "memory is not below postgres")
expect_violation(adapters/a.hpp "#include \"gridone/storage/testing/b.hpp\"\n" "testing is not below adapters")
expect_violation(query/a.hpp "#  include <pqxx/params>\n" "includes pqxx/params")
expect_violation(memory/a.hpp "#include <libpq-fe.h>\n" "includes libpq-fe.h")
expect_violation(core/a.hpp "#include <gridone/storage.hpp>\n" "includes the whole library")
expect_violation(attic/a.hpp "\n" "which is no layer")
expect_violation(a.hpp "\n" "lies in no layer")
string(REPEAT "\n" 501 long)
expect_violation(core/a.hpp "${long}" "has 501 lines")
file(REMOVE_RECURSE ${WORK})
