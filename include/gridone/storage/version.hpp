// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_VERSION_HPP
#define GRIDONE_STORAGE_VERSION_HPP

/// The version of the library, written by hand; CMake reads these three lines.
#define GRIDONE_STORAGE_VERSION_MAJOR 0
#define GRIDONE_STORAGE_VERSION_MINOR 1
#define GRIDONE_STORAGE_VERSION_PATCH 0

#endif
