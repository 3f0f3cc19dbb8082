# SPDX-License-Identifier: MIT

include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

# Architecture-independent, like everything in a header-only library.
set(package_dir ${CMAKE_INSTALL_DATADIR}/cmake/gridone_storage)

install(TARGETS gridone_storage EXPORT gridone_storage-targets FILE_SET HEADERS FILE_SET details)
install(EXPORT gridone_storage-targets NAMESPACE gridone:: DESTINATION ${package_dir})
configure_package_config_file(
    cmake/gridone_storage-config.cmake.in ${PROJECT_BINARY_DIR}/gridone_storage-config.cmake
    INSTALL_DESTINATION ${package_dir}
    NO_SET_AND_CHECK_MACRO
)
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file(
    ${PROJECT_BINARY_DIR}/gridone_storage-config-version.cmake
    COMPATIBILITY SameMinorVersion
    ARCH_INDEPENDENT
)
install(
    FILES ${PROJECT_BINARY_DIR}/gridone_storage-config.cmake
          ${PROJECT_BINARY_DIR}/gridone_storage-config-version.cmake
          ${PROJECT_SOURCE_DIR}/cmake/find_libpqxx.cmake
    DESTINATION ${package_dir}
)
