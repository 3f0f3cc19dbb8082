// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_OPERATIONS_QUERY_SUMMARIES_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_OPERATIONS_QUERY_SUMMARIES_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/codec.hpp>
#include <gridone/storage/core/detail/hooks.hpp>
#include <gridone/storage/core/detail/stored_text.hpp>
#include <gridone/storage/core/detail/upcast.hpp>
#include <gridone/storage/core/document.hpp>
#include <gridone/storage/core/document_versions.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/json/canonical_json.hpp>
#include <gridone/storage/core/json/detail/text_part.hpp>
#include <gridone/storage/core/json/parse_json.hpp>
#include <gridone/storage/query/cursor.hpp>
#include <gridone/storage/query/detail/check_keys.hpp>
#include <gridone/storage/query/detail/comparable.hpp>
#include <gridone/storage/query/detail/field_place.hpp>
#include <gridone/storage/query/detail/operations/query_pages.hpp>
#include <gridone/storage/query/detail/query_spec.hpp>
#include <gridone/storage/query/page.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// A struct that nlohmann writes and reads, for `select`.
template <class S>
concept ReadableSummary = std::is_class_v<S> && !IsText<S> && !IsSequence<S> && std::default_initializable<S> &&
                          std::constructible_from<nlohmann::json, S> &&
                          requires(const nlohmann::json& document) { document.template get<S>(); };

/// The keys of a summary, and what is fetched for it: nothing for whole documents.
struct SummaryKeys {
    std::vector<std::string> given = {};
    std::optional<std::vector<std::string>> fetched = {};

    /// Those that a `Summary{}` writes.
    template <class Summary>
    static SummaryKeys of(const CallSite& site) {
        const auto written = nlohmann::json(Summary{});
        if (!written.is_object()) throw UsageError{site.because("a summary that is no object in JSON")};
        SummaryKeys keys;
        for (const auto& [key, value] : written.items()) keys.given.push_back(key);
        for (const std::string& key : keys.given) located(site, [&] { check_keys({&key, 1}); });
        keys.fetched = keys.given;
        return keys;
    }

    /// And what a position in this order is made of.
    void fetch(const std::vector<OrderKey>& order) {
        for (const auto& [field, descending] : order) {
            if (!fetched || field.source != FieldSource::document) continue;
            if (field.keys.empty()) {
                fetched.reset();
            } else if (std::ranges::find(*fetched, field.keys.front()) == fetched->end()) {
                fetched->push_back(field.keys.front());
            }
        }
    }
    [[nodiscard]] bool fetches_more() const { return !fetched || fetched->size() > given.size(); }
};

/// What a query gives as another struct. `Self` has `spec()` and `table()`.
template <class Self, class M, class Hooks>
class QuerySummaries : public QueryPages<Self, M, Hooks> {
public:
    using QueryPages<Self, M, Hooks>::page;

    /// The documents as another struct that has some of their fields, of which nothing else is fetched: the keys that a
    /// `Summary{}` writes. `Summary` is read and written by `from_json` and `to_json`. Otherwise as `all`.
    /// @throws UsageError         a `Summary{}` is written as something else than an object.
    /// @throws InvalidInputError  with a key that no document can have.
    /// @note   SELECT id, <those keys of data>, version … WHERE … ORDER BY … LIMIT … OFFSET …
    template <ReadableSummary Summary>
    [[nodiscard]] std::vector<Document<Summary>> select() const {
        const CallSite site = this->at("query.select");
        const SummaryKeys keys = keys_of<Summary>(site);
        QuerySpec spec = this->self().spec();
        spec.only_keys = keys.fetched;
        std::vector<Document<Summary>> documents;
        for (StoredRow& row : guarded(site, std::move(spec))) {
            documents.push_back(summary<Summary>(site, std::move(row), keys));
        }
        return documents;
    }
    template <class Summary>
    void select() const = delete;  // gridone::storage: a default-constructible struct with to_json and from_json

    /// A page of what `select` gives: `page<Summary>()`, with the cursors of `page`, which these are as well. The first
    /// keys of the order's fields are fetched besides. Otherwise as both.
    template <ReadableSummary Summary>
    [[nodiscard]] Page<Summary> page() const {
        return summaries<Summary>({}, false);
    }
    template <ReadableSummary Summary>
    [[nodiscard]] Page<Summary> page(const std::optional<Cursor>& from) const {
        return summaries<Summary>(from, false);
    }
    template <ReadableSummary Summary>
    [[nodiscard]] Page<Summary> page(WithTotal /*with_total*/) const {
        return summaries<Summary>({}, true);
    }
    template <ReadableSummary Summary>
    [[nodiscard]] Page<Summary> page(const std::optional<Cursor>& from, WithTotal /*with_total*/) const {
        return summaries<Summary>(from, true);
    }
    template <class Summary>
    void page() const = delete;  // gridone::storage: a default-constructible struct with to_json and from_json

protected:
    /// The rows of a spec that is the query's but for its keys. @throws UsageError  without a limit more than `max_rows`.
    [[nodiscard]] std::vector<StoredRow> guarded(const CallSite& site, QuerySpec spec) const {
        if (spec.limit) return this->texts().query(site, spec);
        const std::size_t most = this->self().table().max_rows();
        spec.limit = most == std::size_t(-1) ? most : most + 1;
        std::vector<StoredRow> found = this->texts().query(site, spec);
        if (found.size() > most) {
            throw UsageError{site.because("there are more documents than max_rows = " + std::to_string(most) +
                                          " of the table's description; a limit allows more")};
        }
        return found;
    }

private:
    template <class Summary>
    [[nodiscard]] static SummaryKeys keys_of(const CallSite& site) {
        SummaryKeys keys = SummaryKeys::of<Summary>(site);
        // Of a document of an older version nobody knows which keys become those.
        if constexpr (HasDocumentVersions<M>) keys.fetched.reset();
        return keys;
    }

    template <class Summary>
    [[nodiscard]] Page<Summary> summaries(const std::optional<Cursor>& from, bool with_total) const {
        const CallSite site = this->at("query.page");
        SummaryKeys keys = keys_of<Summary>(site);
        keys.fetch(this->self().spec().order);
        return this->template paged<Summary>(
            site, keys.fetched, from ? &*from : nullptr, with_total,
            [&](StoredRow row) { return summary<Summary>(site, std::move(row), keys); });
    }

    template <class Summary>
    [[nodiscard]] Document<Summary> summary(CallSite site, StoredRow row, const SummaryKeys& keys) const {
        site.id = row.id;
        Summary value = decoded_summary<Summary>(site, std::move(row.text), keys);
        return {std::move(row.id), std::move(value), row.version, row.timestamps};
    }

    template <class Summary>
    [[nodiscard]] Summary decoded_summary(const CallSite& site, std::string text, const SummaryKeys& keys) const {
        const JsonLimits& limits = this->self().table().limits();
        if constexpr (HasDocumentVersions<M>) {
            nlohmann::json document = located(site, [&] { return parse_json(text, limits); });
            if (located(site, [&] { return upcast<M>(document); })) text = canonical_json(document, limits);
        }
        if (keys.fetches_more()) text = text_part(text, keys.given);
        return decode<Summary, void>(NoHooks{}, text, limits, site);
    }
};

}  // namespace gridone::storage::inline v0::detail

#endif
