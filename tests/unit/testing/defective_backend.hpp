// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_UNIT_TESTING_DEFECTIVE_BACKEND_HPP
#define GRIDONE_STORAGE_TESTS_UNIT_TESTING_DEFECTIVE_BACKEND_HPP

#include "defect.hpp"
#include "meeting.hpp"
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/id.hpp>
#include <gridone/storage/core/json/canonical_json.hpp>
#include <gridone/storage/core/json/parse_json.hpp>
#include <gridone/storage/testing/conformance_document.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// A small storage on a map, which does one thing wrong. What races does so between locks, so that nothing but the
/// behaviour is wrong, and waits for the other threads in between, so that it goes wrong each time.
class DefectiveBackend {
    auto locked(auto action) {
        const std::lock_guard lock{mutex_};
        return action();
    }

public:
    using Document = gridone::storage::testing::ConformanceDocument;

    explicit DefectiveBackend(Defect defect, std::shared_ptr<DefectiveBackend> shared = {})
        : defect_{defect}, shared_{std::move(shared)} {}

    [[nodiscard]] Document read(std::string_view id) {
        if (shared_) return shared_->read(id);
        work();
        if (!is(Defect::any_id_read)) refuse_unless([&] { gridone::storage::check_id_text(id); });
        const std::string key = key_of(id);
        const std::lock_guard lock{mutex_};
        if (is(Defect::stale_read) && seen_.contains(key)) return decode(seen_.at(key));
        const auto found = stored_.find(key);
        if (found == stored_.end()) {
            if (is(Defect::missing_swallowed)) return {};
            failed();
            throw gridone::storage::NotFoundError{"documents", id};
        }
        if (is(Defect::torn_write)) meeting_.arrive_as_visitor();
        if (is(Defect::stale_read)) seen_[key] = found->second.text;
        return is(Defect::shared_reference) ? *found->second.object : decode(found->second.text);
    }

    [[nodiscard]] std::optional<Document> find(std::string_view id) {
        if (!contains(id) && !is(Defect::missing_found)) return std::nullopt;
        return contains(id) ? read(id) : Document{};
    }

    void write(std::string_view id, const Document& document) {
        if (shared_) return shared_->write(id, document);
        const Entry entry = checked(id, document);
        std::string key = key_of(id);
        if (is(Defect::lost_update)) {
            auto copy = locked([&] { return stored_; });
            copy[key] = entry;
            meeting_.arrive();
            locked([&] { stored_.swap(copy); });
            return;
        }
        if (is(Defect::torn_write) && torn(key, entry)) meeting_.wait_for_visitor();
        const std::lock_guard lock{mutex_};
        if (is(Defect::overwrite_lost) && stored_.contains(key)) return;
        if (const auto next = stored_.upper_bound(key); is(Defect::write_to_wrong_id) && next != stored_.end()) {
            if (stored_.contains(key)) key = next->first;
        }
        put(key, entry);
    }

    void insert(std::string_view id, const Document& document) {
        const Entry entry = checked(id, document);
        const std::string key = key_of(id);
        std::unique_lock lock{mutex_};
        const bool taken = stored_.contains(key);
        if (taken && !is(Defect::insert_overwrites)) {
            failed();
            throw gridone::storage::AlreadyExistsError{gridone::storage::ErrorInfo{.reason = "the id is taken"}};
        }
        if (is(Defect::insert_race)) {
            lock.unlock();
            meeting_.arrive();
            lock.lock();
        }
        if (!is(Defect::insert_does_nothing)) put(key, entry);
    }

    void replace(std::string_view id, const Document& document) {
        const Entry entry = checked(id, document);
        const std::lock_guard lock{mutex_};
        if (!stored_.contains(key_of(id)) && !is(Defect::replace_creates)) {
            failed();
            throw gridone::storage::NotFoundError{"documents", id};
        }
        if (!is(Defect::replace_does_nothing)) put(key_of(id), entry);
    }

    bool remove(std::string_view id) {
        if (shared_) return shared_->remove(id);
        work();
        refuse_unless([&] { gridone::storage::check_id_text(id); });
        const std::string key = key_of(id);
        std::unique_lock lock{mutex_};
        const bool was_there = stored_.contains(key);
        if (was_there && is(Defect::remove_race)) {
            lock.unlock();
            meeting_.arrive();
            lock.lock();
        }
        seen_.erase(key);
        stored_.erase(key);
        if (is(Defect::remove_by_prefix)) {
            std::erase_if(stored_, [&](const auto& each) { return each.first.starts_with(key); });
        }
        return was_there || is(Defect::remove_always_true);
    }

    [[nodiscard]] bool contains(std::string_view id) {
        if (is(Defect::contains_remembers) && locked([&] { return ever_.contains(key_of(id)); })) return true;
        return locked([&] { return stored_.contains(key_of(id)); });
    }

    [[nodiscard]] std::vector<std::string> list_all() {
        if (shared_) return shared_->list_all();
        work();
        const std::lock_guard lock{mutex_};
        std::vector<std::string> ids;
        for (const auto& [id, entry] : stored_) ids.push_back(id);
        if (is(Defect::list_ignores_case)) {
            std::sort(ids.begin(), ids.end(),
                      [](const auto& a, const auto& b) { return lower_case(a) < lower_case(b); });
        }
        if (is(Defect::list_is_cut) && ids.size() > 100) ids.resize(100);
        if (is(Defect::empty_lists_something) && ids.empty()) ids.emplace_back("a");
        return ids;
    }

    [[nodiscard]] std::vector<Document> read_all() {
        if (shared_) return shared_->read_all();
        work();
        const std::lock_guard lock{mutex_};
        std::vector<std::pair<std::string, Entry>> entries{stored_.begin(), stored_.end()};
        if (is(Defect::read_all_by_time)) {
            std::sort(entries.begin(), entries.end(),
                      [&](const auto& a, const auto& b) { return ever_.at(a.first) < ever_.at(b.first); });
        }
        if (is(Defect::list_is_cut) && entries.size() > 100) entries.resize(100);
        std::vector<Document> documents;
        for (const auto& [id, entry] : entries) documents.push_back(decode(entry.text));
        return documents;
    }

    [[nodiscard]] std::size_t count() {
        const std::lock_guard lock{mutex_};
        return stored_.size() - (is(Defect::count_off_by_one) && stored_.size() >= 10 ? 1U : 0U);
    }

    std::size_t clear() {
        const std::lock_guard lock{mutex_};
        const std::size_t removed = stored_.size();
        if (is(Defect::clear_keeps_one) && removed > 0) {
            stored_.erase(stored_.begin(), std::prev(stored_.end()));
        } else {
            stored_.clear();
        }
        return removed;
    }

private:
    struct Entry {
        std::string text{};
        std::shared_ptr<Document> object{};
    };

    [[nodiscard]] bool is(Defect defect) const noexcept { return defect_ == defect; }

    void failed() {
        if (is(Defect::unusable_after_error)) broken_ = true;
    }
    void work() const {
        if (broken_) throw gridone::storage::InternalError{{.reason = "an earlier call failed"}};
    }
    void refuse_unless(auto check) {
        try {
            check();
        } catch (const gridone::storage::InvalidInputError&) {
            failed();
            throw;
        }
    }

    static std::string lower_case(std::string text) {
        for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        return text;
    }

    static void replace_all(std::string& text, std::string_view from, std::string_view to) {
        for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
            text.replace(at, from.size(), to);
        }
    }

    [[nodiscard]] std::string key_of(std::string_view id) const {
        std::string key{id};
        if (is(Defect::id_cut)) key.resize(std::min<std::size_t>(key.size(), 63));
        if (is(Defect::id_folded)) key = lower_case(key);
        if (is(Defect::id_trimmed)) key.erase(key.find_last_not_of(' ') + 1);
        if (is(Defect::id_composed)) replace_all(key, "e\u0301", "\u00E9");
        if (is(Defect::id_is_a_path)) replace_all(key, "//", "/");
        return key;
    }

    /// What is stored of a document, or the refusal.
    Entry checked(std::string_view id, const Document& document) {
        work();
        if (is(Defect::impossible_id_stored) && id.size() > gridone::storage::max_id_bytes) {
            locked([&] { put(std::string{id}, {.text = gridone::storage::canonical_json(nlohmann::json(document))}); });
        }
        refuse_unless([&] { gridone::storage::check_id(id); });
        auto json = nlohmann::json(document);
        if (is(Defect::unicode_mangled)) {
            std::string text = document.text;
            replace_all(text, "\U0001F600", "?");
            json["text"] = text;
        }
        constexpr std::int64_t far = std::int64_t{1} << 60U;  // the way back from a double is defined up to there
        if (is(Defect::integer_through_double) && document.number < far && document.number > -far) {
            json["number"] = static_cast<std::int64_t>(static_cast<double>(document.number));
        }
        if (is(Defect::fraction_through_float) && document.fraction == 0.1) {
            json["fraction"] = static_cast<float>(document.fraction);
        }
        if (is(Defect::empty_member_dropped) && document.note == "") json["note"] = nullptr;
        Entry entry{.text = {}, .object = std::make_shared<Document>(document)};
        if (is(Defect::nan_becomes_null)) {
            entry.text = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
        } else {
            refuse_unless([&] { entry.text = gridone::storage::canonical_json(json); });
        }
        return entry;
    }

    void put(const std::string& key, Entry entry) {
        ever_.try_emplace(key, ever_.size());
        stored_[key] = std::move(entry);
    }

    /// The new text within the old document, if there is one.
    bool torn(const std::string& key, const Entry& entry) {
        return locked([&] {
            const auto found = stored_.find(key);
            if (found == stored_.end()) return false;
            auto half = gridone::storage::parse_json(found->second.text);
            half["text"] = gridone::storage::parse_json(entry.text).at("text");
            found->second.text = gridone::storage::canonical_json(half);
            return true;
        });
    }

    static Document decode(const std::string& text) { return gridone::storage::parse_json(text).get<Document>(); }

    Defect defect_;
    std::shared_ptr<DefectiveBackend> shared_;
    std::atomic<bool> broken_ = false;
    std::mutex mutex_;
    std::map<std::string, Entry> stored_;
    std::map<std::string, std::string> seen_;
    std::map<std::string, std::size_t> ever_;
    Meeting meeting_;
};

#endif
