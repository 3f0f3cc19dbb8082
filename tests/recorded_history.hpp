// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_RECORDED_HISTORY_HPP
#define GRIDONE_STORAGE_TESTS_RECORDED_HISTORY_HPP

#include "linearizability.hpp"
#include "widget.hpp"
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/storage_error.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace linearizability {

/// Threads that make random calls on a few new documents of a storage, each as often on each. What did not take effect
/// is left out, and of what nobody knows is open.
template <class Storage>
class Recorder {
public:
    static constexpr std::size_t documents = 3, threads = 8, calls = 5;

    /// @param before_call  is told how many calls were made before
    Recorder(
        Storage& storage, std::uint32_t seed, std::function<void(int)> before_call = [](int) {})
        : storage_{storage}, seed_{seed}, before_call_{std::move(before_call)} {}

    /// The ids of the documents whose histories could not have happened.
    std::vector<std::string> violations() {
        {
            std::vector<std::jthread> running;
            for (std::size_t thread = 0; thread < threads; ++thread) {
                running.emplace_back([this, thread] { run(thread); });
            }
        }
        std::vector<std::string> wrong;
        for (std::size_t document = 0; document < documents; ++document) {
            std::vector<Call> history;
            for (auto& of_thread : histories_) {
                history.insert(history.end(), of_thread[document].begin(), of_thread[document].end());
            }
            if (!History{std::move(history)}.is_linearizable()) wrong.push_back(id_of(document));
        }
        return wrong;
    }

private:
    [[nodiscard]] std::string id_of(std::size_t document) const {
        return "history" + std::to_string(seed_) + "-" + std::to_string(document);
    }

    void run(std::size_t thread) {
        std::mt19937 chance{static_cast<std::uint32_t>(seed_ * threads + thread)};
        std::vector<std::size_t> plan;
        for (std::size_t document = 0; document < documents; ++document) plan.insert(plan.end(), calls, document);
        std::shuffle(plan.begin(), plan.end(), chance);
        for (const std::size_t document : plan) {
            const int number = ++last_value_;
            before_call_(number - 1);
            Call call{.kind = static_cast<Call::Kind>(chance() % 4), .value = number};
            call.begin = ++clock_;
            try {
                make(call, id_of(document));
            } catch (const gridone::storage::StorageError& error) {
                if (error.outcome() == gridone::storage::Outcome::not_applied) continue;
                call.is_open = true;
            }
            call.end = ++clock_;
            histories_[thread][document].push_back(call);
        }
    }

    void make(Call& call, const std::string& id) {
        const Widget widget{id + "/" + std::to_string(*call.value), *call.value};
        switch (call.kind) {
            case Call::Kind::read: {
                const std::optional<Widget> found = storage_.find(id);
                call.value = found ? Value{found->size} : Value{};
                return;
            }
            case Call::Kind::write:
                storage_.write(id, widget);
                return;
            case Call::Kind::insert:
                try {
                    storage_.insert(id, widget);
                } catch (const gridone::storage::AlreadyExistsError&) {
                    call.succeeded = false;
                }
                return;
            case Call::Kind::remove:
                call.succeeded = storage_.remove(id);
                return;
        }
    }

    Storage& storage_;
    std::uint32_t seed_;
    std::function<void(int)> before_call_;
    std::atomic<std::uint64_t> clock_ = 0;
    std::atomic<int> last_value_ = 0;
    std::array<std::array<std::vector<Call>, documents>, threads> histories_;
};

}  // namespace linearizability

#endif
