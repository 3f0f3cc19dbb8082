# SPDX-License-Identifier: MIT
#
# Most of a test's compile time is the library's: parsed and compiled again for each source. Sources that are compiled
# together pay it once, so the whole build takes about a third. Each stays a source of its own, which compiles alone
# (GRIDONE_STORAGE_TESTS_TOGETHER=1): together, the headers of all come first and each body gets a namespace.

set(GRIDONE_STORAGE_TESTS_TOGETHER 6 CACHE STRING "Test sources that are compiled together; 1 compiles each alone")

# together(VARIABLE NAME SOURCE…): sets VARIABLE to what to compile instead; NAME is for the generated files.
function(together variable prefix)
    set(result "")
    set(number 0)
    foreach(source IN LISTS ARGN)
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
        # What must stand in a namespace of its own choice, or defines a macro, is compiled alone.
        file(STRINGS ${source} alone REGEX "^(namespace (std|gridone)|template <>|#define |.*operator new)")
        if(alone OR GRIDONE_STORAGE_TESTS_TOGETHER LESS_EQUAL 1)
            list(APPEND result ${source})
            continue()
        endif()
        math(EXPR file "${number} / ${GRIDONE_STORAGE_TESTS_TOGETHER}")
        math(EXPR number "${number} + 1")
        file(STRINGS ${source} includes REGEX "^#include ")
        string(MAKE_C_IDENTIFIER ${source} namespace)
        list(APPEND includes_${file} ${includes})
        string(APPEND bodies_${file} "namespace ${namespace} {\n#include \"${CMAKE_CURRENT_SOURCE_DIR}/${source}\"\n}\n")
    endforeach()
    set(file 0)
    while(DEFINED bodies_${file})
        list(REMOVE_DUPLICATES includes_${file})
        list(JOIN includes_${file} "\n" includes)
        set(path ${CMAKE_CURRENT_BINARY_DIR}/together/${prefix}_${file}.cpp)
        file(CONFIGURE OUTPUT ${path} CONTENT "${includes}\n${bodies_${file}}" @ONLY)
        list(APPEND result ${path})
        math(EXPR file "${file} + 1")
    endwhile()
    set(${variable} ${result} PARENT_SCOPE)
endfunction()
