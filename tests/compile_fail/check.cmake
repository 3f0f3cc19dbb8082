# SPDX-License-Identifier: MIT
#
# cmake -DSOURCE=… -DCOMPILER=… -DINCLUDES=a;b -P check.cmake
#
# The source must not compile, and the compiler's message must hold the sentence of its line `// expect: …`. With
# GRIDONE_CONTROL defined it must compile: so it is the one mistake that is refused, and not a typing error.

cmake_minimum_required(VERSION 3.25)

file(STRINGS ${SOURCE} expectation REGEX "^// expect: ")
list(LENGTH expectation lines)
if(NOT lines EQUAL 1)
    message(FATAL_ERROR "${SOURCE} has ${lines} lines that start with '// expect: '; one is needed")
endif()
string(REGEX REPLACE "^// expect: *" "" expectation "${expectation}")

# Named twice, the compiler's own folder would be searched too early for its #include_next.
list(REMOVE_ITEM INCLUDES /usr/include)
list(REMOVE_DUPLICATES INCLUDES)
list(TRANSFORM INCLUDES PREPEND "-isystem" OUTPUT_VARIABLE flags)
set(compile ${COMPILER} -std=c++20 -fsyntax-only ${flags})

execute_process(COMMAND ${compile} -DGRIDONE_CONTROL ${SOURCE} RESULT_VARIABLE result ERROR_VARIABLE message)
if(NOT result EQUAL 0)
    message(FATAL_ERROR "the control does not compile, so the failure below it would show nothing:\n${message}")
endif()

execute_process(COMMAND ${compile} ${SOURCE} RESULT_VARIABLE result ERROR_VARIABLE message)
if(result EQUAL 0)
    message(FATAL_ERROR "this compiles, though it should be refused with: ${expectation}")
endif()
string(FIND "${message}" "${expectation}" position)
if(position EQUAL -1)
    message(FATAL_ERROR "it is refused, without the sentence: ${expectation}\n${message}")
endif()
