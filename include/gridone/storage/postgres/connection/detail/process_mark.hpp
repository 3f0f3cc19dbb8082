// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_PROCESS_MARK_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_PROCESS_MARK_HPP

#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

namespace gridone::storage::inline v0::detail {

/// Tells the process that made it from its children. Without a system call for each question, which getpid(2) is: a page
/// that the kernel wipes in a child (MADV_WIPEONFORK, Linux 4.14); getpid where there is no such thing.
class ProcessMark {
public:
    ProcessMark() noexcept : process_{::getpid()} {
#ifdef MADV_WIPEONFORK
        void* const page = ::mmap(nullptr, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (page == MAP_FAILED) return;
        if (::madvise(page, 1, MADV_WIPEONFORK) != 0) {
            ::munmap(page, 1);
            return;
        }
        mark_ = static_cast<volatile char*>(page);
        *mark_ = 1;
#endif
    }
    ProcessMark(const ProcessMark&) = delete;
    ProcessMark& operator=(const ProcessMark&) = delete;
    ProcessMark(ProcessMark&&) = delete;
    ProcessMark& operator=(ProcessMark&&) = delete;
    ~ProcessMark() {
        if (mark_ != nullptr) ::munmap(const_cast<char*>(mark_), 1);  // NOLINT(cppcoreguidelines-pro-type-const-cast)
    }

    [[nodiscard]] bool is_of_this_process() const noexcept {
        return mark_ != nullptr ? *mark_ == 1 : ::getpid() == process_;
    }

private:
    pid_t process_;
    volatile char* mark_ = nullptr;  // what is in it changes behind the compiler's back
};

}  // namespace gridone::storage::inline v0::detail

#endif
