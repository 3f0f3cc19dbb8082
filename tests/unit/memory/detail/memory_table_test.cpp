// SPDX-License-Identifier: MIT

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/transaction_state.hpp>
#include <gridone/storage/core/document.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/json/detail/parsed_text.hpp>
#include <gridone/storage/core/json/json_limits.hpp>
#include <gridone/storage/core/json/json_members.hpp>
#include <gridone/storage/core/transaction.hpp>
#include <gridone/storage/memory/detail/memory_changes.hpp>
#include <gridone/storage/memory/detail/memory_row.hpp>
#include <gridone/storage/memory/detail/memory_state.hpp>
#include <gridone/storage/memory/detail/memory_statement.hpp>
#include <gridone/storage/memory/detail/memory_store.hpp>
#include <gridone/storage/memory/detail/memory_table.hpp>
#include <gridone/storage/memory/memory_database.hpp>
#include <gridone/storage/memory/memory_storage_backend.hpp>
#include <gridone/storage/query/cursor.hpp>
#include <gridone/storage/query/document_table.hpp>
#include <gridone/storage/query/field.hpp>
#include <gridone/storage/query/on_delete.hpp>
#include <gridone/storage/query/page.hpp>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace gs = gridone::storage;
namespace detail = gridone::storage::detail;

namespace memory_table_test {

struct Item {
    std::string name;
    std::optional<std::string> parent;
    int rank = 0;
    friend bool operator==(const Item&, const Item&) = default;
    using json_members = gs::JsonMembers<&Item::name, &Item::parent, &Item::rank>;
};

struct Parent {
    int size = 0;
    using json_members = gs::JsonMembers<&Parent::size>;
};

constexpr auto name = gs::field<&Item::name>;
constexpr auto parent = gs::field<&Item::parent>;
constexpr auto rank = gs::field<&Item::rank>;

using Items = std::map<std::string, Item>;

/// The tables without any index: each constraint is checked against all documents.
struct Expected {
    gs::OnDelete action;
    std::set<std::string> parents{};
    Items items{};

    [[nodiscard]] bool put(const std::string& id, const Item& item) {
        const bool is_taken = std::ranges::any_of(
            items, [&](const auto& other) { return other.first != id && other.second.name == item.name; });
        if (is_taken || (item.parent && !parents.contains(*item.parent))) return false;
        items[id] = item;
        return true;
    }

    [[nodiscard]] bool remove_parent(const std::string& id) {
        const auto refers = [&](const auto& each) { return each.second.parent == id; };
        if (action == gs::OnDelete::refuse && std::ranges::any_of(items, refers)) return false;
        if (action == gs::OnDelete::cascade) std::erase_if(items, refers);
        for (auto& [child, item] : items) {
            if (item.parent == id) item.parent.reset();
        }
        parents.erase(id);
        return true;
    }

    [[nodiscard]] std::vector<std::string> in_order() const {
        std::vector<std::pair<std::string, Item>> sorted{items.begin(), items.end()};
        std::ranges::sort(sorted, [](const auto& a, const auto& b) {
            return std::pair{-a.second.rank, a.second.name} < std::pair{-b.second.rank, b.second.name};
        });
        std::vector<std::string> ids;
        for (const auto& [id, item] : sorted) ids.push_back(id);
        return ids;
    }
};

Items items_in(const auto& storage) {
    Items items;
    storage.for_each([&](const gs::Document<Item>& document) { items[document.id] = document.value; });
    return items;
}

/// The ids in the order of `Expected::in_order`, page by page.
std::vector<std::string> pages_of(const auto& storage) {
    const auto query = storage.query().order_by(rank.descending(), name).limit(3);
    std::vector<std::string> ids;
    std::optional<gs::Cursor> from;
    do {
        const gs::Page<Item> page = query.page(from);
        for (const auto& document : page.items) ids.push_back(document.id);
        from = page.next;
    } while (from);
    return ids;
}

struct RolledBack {};

/// Random calls, alone and in transactions of which some are rolled back as a whole or in part, on the tables and on
/// what is expected of them.
class RandomCalls {
public:
    RandomCalls(gs::OnDelete action, unsigned seed)
        : expected_{action},
          items_{database_, gs::document_table<Item>("items").unique(name).references(parent, "parents", action)},
          random_{seed} {}

    void run() {
        for (int round = 0; round < 300; ++round) {
            below(2) == 0 ? call() : in_transaction(1);
            compare(items_);
        }
    }

private:
    std::size_t below(std::size_t end) { return random_() % end; }
    std::string letter(std::size_t letters) { return {1, static_cast<char>('a' + below(letters))}; }

    void compare(const auto& items) {
        CHECK(items_in(items) == expected_.items);
        CHECK(pages_of(items) == expected_.in_order());
    }

    /// A transaction, or a part of the one that runs.
    void in_transaction(int depth) {
        const Expected before = expected_;
        gs::Transaction* const outer = transaction_;
        const auto body = [&](gs::Transaction& tx) {
            transaction_ = &tx;
            for (std::size_t steps = below(5); steps > 0; --steps) {
                depth < 3 && below(3) == 0 ? in_transaction(depth + 1) : call();
                compare(items_.in(tx));
            }
            if (below(3) == 0) throw RolledBack{};
        };
        try {
            outer == nullptr ? database_.transaction(body) : outer->transaction(body);
        } catch (const RolledBack&) {
            expected_ = before;
        }
        transaction_ = outer;
    }

    void call() {
        const std::string id = letter(6);
        const std::string of_parent = letter(3);
        const int number = static_cast<int>(below(3));
        switch (below(6)) {
            case 0:
                expected_.parents.insert(of_parent);
                CHECK(is_accepted([&](auto&, auto& parents) { parents.write(of_parent, {number}); }));
                break;
            case 1:
                CHECK(is_accepted([&](auto&, auto& parents) { parents.remove(of_parent); }) ==
                      expected_.remove_parent(of_parent));
                break;
            case 2:
                expected_.items.erase(id);
                CHECK(is_accepted([&](auto& items, auto&) { items.remove(id); }));
                break;
            case 3:
                for (auto& [each, item] : expected_.items) item.rank += item.parent == of_parent ? 1 : 0;
                CHECK(is_accepted(
                    [&](auto& items, auto&) { items.query().where(parent == of_parent).patch(rank.increment(1)); }));
                break;
            default: {
                Item item{letter(8), std::nullopt, number};
                if (below(2) == 0) item.parent = of_parent;
                CHECK(is_accepted([&](auto& items, auto&) { items.write(id, item); }) == expected_.put(id, item));
            }
        }
    }

    /// Whether the constraints let `f(items, parents)` pass.
    bool is_accepted(auto&& f) {
        try {
            if (transaction_ == nullptr) {
                f(items_, parents_);
            } else {
                transaction_->transaction([&](gs::Transaction& part) {
                    auto items = items_.in(part);
                    auto parents = parents_.in(part);
                    f(items, parents);
                });
            }
            return true;
        } catch (const gs::ConstraintError&) {
            return false;
        }
    }

    Expected expected_;
    gs::MemoryDatabase database_;
    gs::MemoryStorageBackend<Item> items_;
    gs::MemoryStorageBackend<Parent> parents_{database_, "parents"};
    std::mt19937 random_;
    gs::Transaction* transaction_ = nullptr;
};

}  // namespace memory_table_test

using namespace memory_table_test;  // NOLINT(google-build-using-namespace)

TEST_CASE("constraints and ordered pages in memory agree with a check of every document after commits and rollbacks") {
    for (const auto action : {gs::OnDelete::refuse, gs::OnDelete::cascade, gs::OnDelete::set_null}) {
        for (unsigned seed = 1; seed <= 5; ++seed) RandomCalls{action, seed}.run();
    }
}

TEST_CASE("an index holds no version of a row longer than a commit or a rollback can restore it") {
    detail::MemoryState state;
    detail::MemoryTable& table = state.table({.table_name = "t"}, gs::document_table<Item>("t").unique(name).rules());
    const detail::CallSite site{.operation = "write"};
    const auto stored = [&](detail::MemoryChanges& changes, const std::string& text) {
        detail::MemoryStatement statement{state, table, changes, site};
        statement.put("a", text);
        statement.finish();
        return std::weak_ptr<const detail::MemoryRow>{changes.view(table).find("a")};
    };
    detail::MemoryChanges changes;
    const auto replaced_at_once = stored(changes, R"({"name": "a"})");
    const auto committed = stored(changes, R"({"name": "a"})");
    state.commit(changes);
    CHECK(replaced_at_once.expired());
    const auto rolled_back = stored(changes, R"({"name": "b"})");
    CHECK_FALSE(committed.expired());
    changes.undo_to(0);
    CHECK(rolled_back.expired());
    const auto last = stored(changes, R"({"name": "c"})");
    state.commit(changes);
    CHECK(committed.expired());
    CHECK_FALSE(last.expired());
    detail::MemoryStatement removal{state, table, changes, site};
    removal.remove("a");
    removal.finish();
    state.commit(changes);
    CHECK(last.expired());
}

TEST_CASE("an index holds no row of a transaction that was rolled back") {
    const detail::MemoryStore texts{std::make_shared<detail::MemoryState>(),
                                    {.table_name = "t"},
                                    gs::document_table<Item>("t").unique(name).rules(),
                                    {}};
    std::weak_ptr<const detail::ParsedText> written;
    const auto body = [&](gs::Transaction& tx) {
        const auto transaction = detail::TransactionAccess::state(tx);
        const detail::CallSite site{.operation = "write", .id = "a", .transaction = transaction.get()};
        texts.put(site, R"({"name": "a"})");
        written = texts.query(site, {}).front().parsed;
        CHECK_FALSE(written.expired());
        throw RolledBack{};
    };
    CHECK_THROWS_AS(texts.transaction({.operation = "transaction"}, {}, body), RolledBack);
    CHECK(written.expired());
}

TEST_CASE("a query in memory parses a document once, and never again until it is written") {
    const auto store = std::make_shared<detail::MemoryState>();
    const detail::MemoryStore texts{store, {.table_name = "t"}, {}, {}};
    const auto tree = [&] { return texts.query({.operation = "query.all"}, {}).front().parsed->decodable({}); };
    texts.put({.operation = "write", .id = "a"}, R"({"size": 1})");
    const std::shared_ptr<const detail::ParsedText> first = texts.query({.operation = "query.all"}, {}).front().parsed;
    REQUIRE(tree() != nullptr);
    CHECK(tree() == first->decodable({}));
    CHECK(&first->document() == tree());
    texts.put({.operation = "write", .id = "a"}, R"({"size": 2})");
    CHECK(*tree() == nlohmann::json{{"size", 2}});
    CHECK(first->document() == nlohmann::json{{"size", 1}});
}

TEST_CASE("threads that need the tree of a text at once get the same") {
    for (int round = 0; round < 100; ++round) {
        const detail::ParsedText text{R"({"a": [1, 2, {"b": "c"}]})"};
        std::vector<const nlohmann::json*> trees(4);
        {
            std::vector<std::jthread> threads;
            for (const nlohmann::json*& tree : trees) threads.emplace_back([&] { tree = &text.document(); });
        }
        CHECK(std::ranges::count(trees, &text.document()) == 4);
    }
}

TEST_CASE("the tree of a text is decoded only where parse_json would return the same") {
    const gs::JsonLimits shallow{.max_depth = 3};
    const gs::JsonLimits small{.max_bytes = 4};
    const detail::ParsedText text{"[1, 2]"};
    CHECK(text.decodable({}) != nullptr);
    CHECK(text.decodable(shallow) == nullptr);
    CHECK(text.decodable(small) == nullptr);
    const detail::ParsedText large{R"({"number": 123456789012345678901})"};
    CHECK(large.decodable({}) == nullptr);
    CHECK(large.document().at("number") == 123456789012345678901.0);
}

TEST_CASE("an order that is kept for pages sorts the documents that are written between them") {
    gs::MemoryStorageBackend<Item> items;
    for (int at = 0; at < 10; ++at) items.write(std::string{"b"} + std::to_string(at), {"", {}, at});
    const auto query = items.query().order_by(rank.descending()).limit(4);
    const auto ids = [](const gs::Page<Item>& page) {
        std::string all;
        for (const auto& document : page.items) all += document.id + " ";
        return all;
    };
    const auto first = query.page();
    CHECK(ids(first) == "b9 b8 b7 b6 ");
    const auto second = query.page(first.next);
    CHECK(ids(second) == "b5 b4 b3 b2 ");
    items.write("a", {"", {}, 4});
    items.write("b2", {"", {}, 7});
    items.remove("b1");
    CHECK(ids(query.page(first.next)) == "b5 b4 a b3 ");
    CHECK(ids(query.page(second.next)) == "b0 ");
    CHECK(ids(query.page()) == "b9 b8 b7 b2 ");
}

TEST_CASE("a query that changes documents while it goes through them sees what a chunk later is stored") {
    gs::MemoryStorageBackend<Item> items;
    for (int at = 0; at < 250; ++at) items.write(std::to_string(1000 + at), {"", {}, at});
    std::size_t seen = 0;
    items.query().order_by(rank).for_each([&](const gs::Document<Item>& document) {
        ++seen;
        CHECK(document.value.rank < 250);
        if (document.value.rank == 0) items.query().where(rank >= 100 && rank < 200).remove();
    });
    CHECK(seen == 150);
}
