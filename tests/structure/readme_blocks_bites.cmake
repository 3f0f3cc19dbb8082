# SPDX-License-Identifier: MIT
#
# cmake -DWORK=<folder> -P readme_blocks_bites.cmake: plants each kind of mistake and expects readme_blocks.cmake to name it.

function(expect readme sentence)
    file(REMOVE_RECURSE ${WORK})
    file(WRITE ${WORK}/README.md "${readme}")
    file(WRITE ${WORK}/examples/a.cpp "// SPDX-License-Identifier: MIT\nint main() { int a[1]; return 0; }\n")
    execute_process(
        COMMAND ${CMAKE_COMMAND} -DROOT=${WORK} -P ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/readme_blocks.cmake
        RESULT_VARIABLE result ERROR_VARIABLE message OUTPUT_QUIET
    )
    string(REGEX REPLACE "[ \n]+" " " message "${message}")
    string(FIND "${message}" "${sentence}" position)
    if(sentence STREQUAL "" AND NOT result EQUAL 0)
        message(FATAL_ERROR "refused, though nothing is wrong with it: ${message}")
    elseif(NOT sentence STREQUAL "" AND (result EQUAL 0 OR position EQUAL -1))
        message(FATAL_ERROR "not found: ${sentence}\nsaid instead: ${message}")
    endif()
endfunction()

set(named "# a\n\n<!-- example: examples/a.cpp -->\n```cpp\n")
set(good "${named}int main() { int a[1]; return 0; }\n```\n")
expect("${good}" "")
expect("${good}\n<!-- example: examples/a.cpp -->\n```cpp\nint main() { int a[1]; return 0; }\n```\n" "")
expect("${named}int main() { int a[1]; return 1; }\n```\n" "is not what examples/a.cpp says")
expect("${good}\n<!-- example: examples/a.cpp -->\n```cpp\nint b;\n```\n" "line 9: the block is not what")
expect("${good}\n```cpp\nint b;\n```\n" "names no file")
expect("${good}\n<!-- example: examples/b.cpp -->\n```cpp\nint b;\n```\n" "no file that is compiled")
expect("${good}\n```cmake\nproject(a)\n```\n" "names no file")
expect("${named}int b;\n" "has no end")
expect("# a\n" "there is no cpp block")
string(REPEAT "\n" 20 long)
expect("${long}${good}" "starts before line 20")
file(REMOVE_RECURSE ${WORK})
