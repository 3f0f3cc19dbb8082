# SPDX-License-Identifier: MIT
#
# cmake -DSOURCE=… -DCOMPILER=… -DINCLUDES=a;b -P check.cmake
#
# A source holds wrong programs: each is what follows a line `// expect: …`, up to the next such line. With
# GRIDONE_CONTROL defined all must compile, so it is the one mistake that is refused, and not a typing error. Without,
# the compiler must find an error in each, and have the sentence of its line in the first lines of what it says there.
# It is run once for all, since most of its time goes into reading the headers.

cmake_minimum_required(VERSION 3.25)

# So many lines, without those of the source that the compiler shows: of the error, and of where our header was included.
set(first_lines 12)

# Named twice, the compiler's own folder would be searched too early for its #include_next.
list(REMOVE_ITEM INCLUDES /usr/include)
list(REMOVE_DUPLICATES INCLUDES)
list(TRANSFORM INCLUDES PREPEND "-isystem" OUTPUT_VARIABLE flags)
set(compile ${COMPILER} -std=c++20 -fsyntax-only ${flags})

# Without the characters that mean something in lists.
function(split_lines text lines)
    string(REPLACE "\\" "/" text "${text}")
    string(REPLACE ";" "," text "${text}")
    string(REPLACE "[" "(" text "${text}")
    string(REPLACE "]" ")" text "${text}")
    string(REPLACE "\n" ";" text "${text}")
    set(${lines} "${text}" PARENT_SCOPE)
endfunction()

# Program n begins behind line start_n and expects sentence_n.
file(READ ${SOURCE} text)
split_lines("${text}" lines)
set(last 0)
set(number 0)
foreach(line IN LISTS lines)
    math(EXPR number "${number} + 1")
    if(line MATCHES "^// expect: *(.+)$")
        math(EXPR last "${last} + 1")
        set(start_${last} ${number})
        set(sentence_${last} "${CMAKE_MATCH_1}")
    elseif(line MATCHES "// *expect")
        # The compiler shows the line of an error, and would show the sentence with it.
        message(FATAL_ERROR "${SOURCE}:${number}: '// expect: …' has a line of its own, and begins it")
    endif()
endforeach()
if(last EQUAL 0)
    message(FATAL_ERROR "${SOURCE} has no line that starts with '// expect: '")
endif()

execute_process(COMMAND ${compile} -DGRIDONE_CONTROL ${SOURCE} RESULT_VARIABLE result ERROR_VARIABLE text)
if(NOT result EQUAL 0)
    message(FATAL_ERROR "the control does not compile, so the failures below it would show nothing:\n${text}")
endif()

# Takes what was said about one error: it belongs to the program whose line is the first it names, or to the only one.
macro(end_of_error)
    set(program 0)
    if(last EQUAL 1)
        set(program 1)
    endif()
    foreach(candidate RANGE 1 ${last})
        if(place GREATER start_${candidate})
            set(program ${candidate})
        endif()
    endforeach()
    if(program EQUAL 0)
        string(APPEND faults "an error in none of the programs:\n${said}\n")
    elseif(NOT DEFINED said_${program})
        set(said_${program} "${said}")
        set(said_first_${program} "${said_first}")
    endif()
endmacro()

# What comes before an error or a note, and belongs to it.
set(lead "^In file included from|^ +from |: In |: At global scope|: +required |: +recursively required|: +in .constexpr.")

# No limit on errors: the option of GCC, then that of clang.
execute_process(COMMAND ${compile} --version OUTPUT_VARIABLE version)
if(version MATCHES "clang")
    list(APPEND compile -ferror-limit=0)
else()
    list(APPEND compile -fmax-errors=0)
endif()
execute_process(COMMAND ${compile} ${SOURCE} RESULT_VARIABLE result ERROR_VARIABLE text)
string(REPLACE "${SOURCE}:" "<source>:" text "${text}")
split_lines("${text}" lines)
set(faults)
set(errors 0)
set(before)
foreach(line IN LISTS lines)
    # GCC 14 and later show the source below such a line as well.
    if((before AND line MATCHES "^ +[0-9]* +[|]") OR
       (line MATCHES "${lead}" AND NOT line MATCHES ": (error|note|warning): "))
        list(APPEND before "${line}")
        continue()
    endif()
    if(line MATCHES ": (fatal )?error: ")
        if(errors GREATER 0)
            end_of_error()
        endif()
        math(EXPR errors "${errors} + 1")
        set(place 0)
        set(height 0)
        set(said)
        set(said_first)
    endif()
    foreach(part IN LISTS before ITEMS "${line}")
        string(APPEND said "${part}\n")
        if(height LESS first_lines)
            string(APPEND said_first "${part}\n")
        endif()
        # The way to a header is as long as it is, and so is the source that is shown.
        if(NOT part MATCHES "^In file included from|^ +from |^ +[0-9]* +[|]")
            math(EXPR height "${height} + 1")
        endif()
        if(place EQUAL 0 AND part MATCHES "^<source>:([0-9]+):[0-9]+: ")
            set(place ${CMAKE_MATCH_1})
        endif()
    endforeach()
    set(before)
endforeach()
if(errors GREATER 0)
    end_of_error()
endif()

foreach(program RANGE 1 ${last})
    set(here "${SOURCE}:${start_${program}}: ")
    if(NOT DEFINED said_${program})
        string(APPEND faults "${here}this compiles, though it should be refused with: ${sentence_${program}}\n")
        continue()
    endif()
    string(FIND "${said_first_${program}}" "${sentence_${program}}" position)
    if(position EQUAL -1)
        string(APPEND faults "${here}the first ${first_lines} lines are without the sentence: ${sentence_${program}}\n"
               "${said_${program}}\n")
    endif()
endforeach()
if(faults)
    message("${faults}")
    message(FATAL_ERROR "of ${last} wrong programs; see above")
endif()
message("${last} wrong programs refused")
