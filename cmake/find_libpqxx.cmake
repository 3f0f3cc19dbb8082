# SPDX-License-Identifier: MIT
#
# Looks for an installed libpqxx that is new enough, and sets gridone_storage_libpqxx_FOUND. Not a find module: libpqxx
# installed by CMake brings a config, which wins; Debian's package is built by autotools and brings only header and
# library, for which this makes the target that the config would have made. Used here and by the installed package.

set(gridone_storage_libpqxx_minimum 7.10)
set(gridone_storage_libpqxx_FOUND FALSE)

# No version in the call: libpqxx declares major versions incompatible, and 8 is as good as 7.10.
find_package(libpqxx CONFIG QUIET GLOBAL)
if(TARGET libpqxx::pqxx)
    if(libpqxx_VERSION AND libpqxx_VERSION VERSION_LESS gridone_storage_libpqxx_minimum)
        message(STATUS "libpqxx ${libpqxx_VERSION} in ${libpqxx_DIR} is older than ${gridone_storage_libpqxx_minimum}")
    else()
        set(gridone_storage_libpqxx_FOUND TRUE)
        set(gridone_storage_libpqxx_where "${libpqxx_VERSION} (${libpqxx_DIR})")
    endif()
    return()
endif()

find_path(GRIDONE_STORAGE_LIBPQXX_INCLUDE_DIR pqxx/version.hxx)
find_library(GRIDONE_STORAGE_LIBPQXX_LIBRARY pqxx)
mark_as_advanced(GRIDONE_STORAGE_LIBPQXX_INCLUDE_DIR GRIDONE_STORAGE_LIBPQXX_LIBRARY)
if(GRIDONE_STORAGE_LIBPQXX_INCLUDE_DIR AND GRIDONE_STORAGE_LIBPQXX_LIBRARY)
    file(STRINGS "${GRIDONE_STORAGE_LIBPQXX_INCLUDE_DIR}/pqxx/version.hxx" gridone_storage_libpqxx_version
         REGEX "define PQXX_VERSION \"")
    string(REGEX REPLACE "^.*\"([0-9.]+).*\"$" "\\1" gridone_storage_libpqxx_version "${gridone_storage_libpqxx_version}")
    if(gridone_storage_libpqxx_version VERSION_LESS gridone_storage_libpqxx_minimum)
        message(STATUS "libpqxx ${gridone_storage_libpqxx_version} in ${GRIDONE_STORAGE_LIBPQXX_INCLUDE_DIR} is older than "
                       "${gridone_storage_libpqxx_minimum}")
    else()
        find_package(PostgreSQL QUIET GLOBAL)
        if(PostgreSQL_FOUND)
            add_library(libpqxx::pqxx UNKNOWN IMPORTED GLOBAL)
            set_target_properties(
                libpqxx::pqxx
                PROPERTIES IMPORTED_LOCATION "${GRIDONE_STORAGE_LIBPQXX_LIBRARY}"
                           INTERFACE_INCLUDE_DIRECTORIES "${GRIDONE_STORAGE_LIBPQXX_INCLUDE_DIR}"
                           INTERFACE_LINK_LIBRARIES PostgreSQL::PostgreSQL
            )
            set(gridone_storage_libpqxx_FOUND TRUE)
            set(gridone_storage_libpqxx_where "${gridone_storage_libpqxx_version} (${GRIDONE_STORAGE_LIBPQXX_LIBRARY})")
        endif()
    endif()
endif()
