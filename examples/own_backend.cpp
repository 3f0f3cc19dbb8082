// SPDX-License-Identifier: MIT

// A backend of one's own: documents as files in a folder (folder_storage.hpp). Code that takes a StorageBackend does
// not notice, and testing/conformance.hpp shows that the backend behaves as one.

#include "folder_storage.hpp"
#include "temporary_folder.hpp"
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/storage_backend.hpp>

#include <nlohmann/json.hpp>

#include <iostream>
#include <string>

namespace gs = gridone::storage;

namespace {

struct Widget {
    std::string label{};
    int size = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Widget, label, size)

static_assert(gs::StorageBackend<FolderStorage<Widget>, Widget>);

void serve(gs::StorageBackend<Widget> auto& widgets) {
    widgets.write("small", Widget{.label = "a small one", .size = 1});
    widgets.write("../large", Widget{.label = "one that stays inside", .size = 100});
    widgets.write("Small", Widget{.label = "not the same as small", .size = 2});
    for (const std::string& id : widgets.list_all()) {
        std::cout << "  " << id << ": " << widgets.read(id).label << '\n';
    }
    std::cout << "  removed small: " << std::boolalpha << widgets.remove("small")
              << ", again: " << widgets.remove("small") << '\n';
    try {
        static_cast<void>(widgets.read("small"));
    } catch (const gs::NotFoundError& error) {
        std::cout << "  read of small: " << error.what() << '\n';
    }
}

}  // namespace

int main() {
    const TemporaryFolder folder;
    FolderStorage<Widget> widgets{folder.path() / "widgets"};
    std::cout << "Widgets as files in a folder:\n";
    serve(widgets);
    std::cout << "What is in the folder now:\n";
    for (const auto& entry : std::filesystem::directory_iterator{folder.path() / "widgets"}) {
        std::cout << "  " << entry.path().filename().string() << '\n';
    }
    std::cout << "tests/unit/testing/conformance_test.cpp runs the conformance suite on it.\n";
}
