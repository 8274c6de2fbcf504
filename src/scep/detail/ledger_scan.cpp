// SPDX-License-Identifier: BSL-1.0
#include <scep/detail/ledger_scan.hpp>

#include <base/try.hpp>

#include <algorithm>
#include <gsl/gsl>

namespace scepkit::inline v0::scep::detail {

namespace {

constexpr std::size_t block = 1u << 20;

/// A window on the file that moves forward.
class window
{
public:
    window(append_file const& file, std::uint64_t end) noexcept : file_(file), end_(end) {}

    /// As much of `size` bytes from `at` as there is before the end.
    result<bytes_view> view(std::uint64_t at, std::size_t size)
    {
        auto const left = end_ - at;
        auto const want = gsl::narrow<std::size_t>(std::min<std::uint64_t>(size, left));
        if(at < begin_ || at - begin_ + want > buffer_.size()) {
            buffer_.resize(gsl::narrow<std::size_t>(std::min<std::uint64_t>(std::max(block, want), left)));
            begin_ = at;
            SCEPKIT_CHECK(file_.read(at, buffer_));
        }
        return bytes_view(buffer_).subspan(gsl::narrow<std::size_t>(at - begin_), want);
    }

    /// Space that was given to the file and never written. Read block by block, so a hole of any size is cheap.
    result<bool> has_only_zeros_from(std::uint64_t at)
    {
        while(at != end_) {
            SCEPKIT_TRY(auto const rest, view(at, block));
            if(std::ranges::any_of(rest, [](auto octet) { return octet != 0; }))
                return false;
            at += rest.size();
        }
        return true;
    }

private:
    append_file const& file_;
    std::uint64_t end_;
    std::uint64_t begin_ = 0;
    bytes buffer_;
};

} // namespace

result<std::uint64_t> scan_records(append_file const& file, ledger_chain const& chain, std::uint64_t end,
                                   std::function<result<void>(scanned_record const&)> const& take)
{
    window in(file, end);
    ledger_chain::check previous{};
    std::uint64_t at = 0;
    while(at != end) {
        SCEPKIT_TRY(auto const first, in.view(at, 1));
        if(first.front() == 0) {
            SCEPKIT_TRY(auto const is_empty, in.has_only_zeros_from(at));
            if(is_empty)
                return at;
        }
        SCEPKIT_TRY(auto const front, in.view(at, ledger_chain::front_size));
        auto const size = chain.size_of(previous, front);
        if(!size)
            return at_record(size.error(), file.path(), at);
        if(!*size || **size > end - at)
            return at;
        SCEPKIT_TRY(auto const record, in.view(at, **size));
        auto const body = chain.unframe(previous, record);
        if(!body)
            return at_record(body.error(), file.path(), at);
        previous = ledger_chain::check_of(record);
        if(auto const taken = take({*body, at, record.size(), previous}); !taken)
            return at_record(taken.error(), file.path(), at);
        at += record.size();
    }
    return at;
}

error at_record(error const& inner, std::string const& path, std::uint64_t offset)
{
    // What went wrong with the file itself, or inside the crypto library, keeps its name; the rest is damage.
    auto const kept = inner.code() == errc::io_failed || inner.code() == errc::crypto_failed;
    auto details = inner.details();
    details.message = path + ", the record at " + std::to_string(offset) + ": " + details.message;
    details.layer = "ledger";
    details.offset = gsl::narrow_cast<std::size_t>(offset);
    return {kept ? inner.code() : errc::bad_value, std::move(details)};
}

} // namespace scepkit::inline v0::scep::detail
