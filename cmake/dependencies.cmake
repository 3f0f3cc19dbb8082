# SPDX-License-Identifier: MIT
#
# Each dependency: the target that a parent project already has, else an installed package, else its source by hash.
# FETCHCONTENT_SOURCE_DIR_LIBPQXX, _NLOHMANN_JSON and _CATCH2 name a source folder instead of the download.

include(FetchContent)

# Found targets must be visible where users of gridone::storage are, which is above this folder.
set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL TRUE)

FetchContent_Declare(
    libpqxx
    SYSTEM
    URL https://github.com/jtv/libpqxx/archive/refs/tags/7.10.0.tar.gz
    URL_HASH SHA256=d588bca36357eda8bcafd5bc1f95df1afe613fdc70c80e426fc89eecb828fc3e
    DOWNLOAD_EXTRACT_TIMESTAMP FALSE
)
FetchContent_Declare(
    nlohmann_json
    SYSTEM
    URL https://github.com/nlohmann/json/releases/download/v3.11.3/json.tar.xz
    URL_HASH SHA256=d6c65aca6b1ed68e7a182f4757257b107ae403032760ed6ef121c9d55e81757d
    DOWNLOAD_EXTRACT_TIMESTAMP FALSE
)
FetchContent_Declare(
    Catch2
    SYSTEM
    URL https://github.com/catchorg/Catch2/archive/refs/tags/v3.7.1.tar.gz
    URL_HASH SHA256=c991b247a1a0d7bb9c39aa35faf0fe9e19764213f28ffba3109388e62ee0269c
    DOWNLOAD_EXTRACT_TIMESTAMP FALSE
)

# libpq: we call it ourselves. It has no source build of its own that FetchContent could use.
if(NOT TARGET PostgreSQL::PostgreSQL)
    find_package(PostgreSQL QUIET)
    if(NOT PostgreSQL_FOUND)
        message(FATAL_ERROR "gridone_storage needs libpq, the client library of PostgreSQL, with its headers.\n"
                            "Debian, Ubuntu: apt-get install libpq-dev. Elsewhere: set PostgreSQL_ROOT to its folder.")
    endif()
endif()

if(NOT TARGET nlohmann_json::nlohmann_json)
    find_package(nlohmann_json 3.11 QUIET)
    if(NOT nlohmann_json_FOUND)
        message(STATUS "nlohmann_json 3.11 is not installed: fetching its source")
        block()
            set(JSON_BuildTests OFF)
            FetchContent_MakeAvailable(nlohmann_json)
        endblock()
    endif()
endif()

if(TARGET libpqxx::pqxx)
    set(gridone_storage_libpqxx_target libpqxx::pqxx)
elseif(TARGET pqxx)
    set(gridone_storage_libpqxx_target pqxx)
else()
    include(${CMAKE_CURRENT_LIST_DIR}/find_libpqxx.cmake)
    if(gridone_storage_libpqxx_FOUND)
        message(STATUS "libpqxx ${gridone_storage_libpqxx_where}")
    else()
        message(STATUS "libpqxx ${gridone_storage_libpqxx_minimum} is not installed: fetching its source")
        block()
            set(SKIP_BUILD_TEST ON)
            set(CMAKE_CXX_STANDARD 20)
            FetchContent_MakeAvailable(libpqxx)
        endblock()
    endif()
    set(gridone_storage_libpqxx_target libpqxx::pqxx)
endif()

# The tests' own dependency comes from here too, so that our warnings are not yet on when its source is compiled.
if(GRIDONE_STORAGE_TESTS AND NOT TARGET Catch2::Catch2WithMain)
    find_package(Catch2 3.4 QUIET)
    if(NOT Catch2_FOUND)
        message(STATUS "Catch2 3.4 is not installed: fetching its source")
        FetchContent_MakeAvailable(Catch2)
    endif()
endif()
