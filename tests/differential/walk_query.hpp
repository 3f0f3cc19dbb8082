// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_DIFFERENTIAL_WALK_QUERY_HPP
#define GRIDONE_STORAGE_TESTS_DIFFERENTIAL_WALK_QUERY_HPP

#include "differential/model.hpp"
#include "differential/seen.hpp"
#include <gridone/storage/core/document.hpp>
#include <gridone/storage/core/json/canonical_json.hpp>
#include <gridone/storage/query/cursor.hpp>
#include <gridone/storage/query/page.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace differential {

/// What happens on the way, one after the other.
using Meanwhile = std::vector<std::function<void()>>;

/// How a page is asked for.
inline constexpr auto plain_page = [](const auto& query, const auto& from) { return query.page(from); };
inline constexpr auto counted_page = [](const auto& query, const auto& from) {
    return query.page(from, gridone::storage::with_total);
};
inline constexpr auto counted_part = [](const auto& query, const auto& from) {
    return query.template page<Excerpt>(from, gridone::storage::with_total);
};

/// Tells every page of a query up to the last. Each cursor goes through its text.
template <class Query, class PageOf>
void walk_pages(const Query& query, Seen& seen, const PageOf& page_of, const Meanwhile& meanwhile) {
    using gridone::storage::Cursor;
    constexpr std::size_t most = 60;
    std::optional<Cursor> from;
    for (std::size_t number = 0; number < most; ++number) {
        const auto page = page_of(query, from);
        seen.line("page " + seen.text(page.items) + (page.total ? " of " + seen.text(*page.total) : std::string{}));
        if (!page.next) return;
        seen.line("behind " + gridone::storage::canonical_json(page.next->position().values));
        from = Cursor::from_text(page.next->text());
        if (!(*from == *page.next)) seen.line(std::string{Seen::bug} + "another cursor of its text");
        if (number < meanwhile.size()) meanwhile[number]();
    }
    seen.line(std::string{Seen::bug} + "pages without end");
}

/// Tells each document of a query. @param most  where it stops; 0: nowhere
template <class Query>
void walk_documents(const Query& query, Seen& seen, std::size_t most, const Meanwhile& meanwhile) {
    std::size_t number = 0;
    query.for_each([&](const gridone::storage::Document<nlohmann::json>& document) {
        seen.line(seen.text(document));
        if (number < meanwhile.size()) meanwhile[number]();
        return ++number != most;
    });
}

/// Asks for the second page with a cursor in whose text one letter is another.
template <class Query>
void page_of_changed_cursor(const Query& query, Seen& seen, std::size_t letter) {
    const auto first = query.page();
    if (!first.next) return seen.line("no cursor");
    std::string text = first.next->text();
    char& changed = text[letter % text.size()];
    changed = changed == 'A' ? 'B' : 'A';
    seen.line(seen.text(query.page(gridone::storage::Cursor::from_text(text)).items));
}

/// Asks for a page with the cursor of another query.
template <class Query>
void page_of_foreign_cursor(const Query& query, Seen& seen, const Query& other) {
    const auto first = other.page();
    if (!first.next) return seen.line("no cursor");
    seen.line(seen.text(query.page(*first.next).items));
}

}  // namespace differential

#endif
