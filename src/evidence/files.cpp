// SPDX-License-Identifier: BSL-1.0
#include <scepkit/evidence/iis_log.hpp>

#include <base/try.hpp>
#include <evidence/detail/fields.hpp>
#include <evidence/detail/log_reader.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>

namespace scepkit::inline v0::evidence {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t block_size = 256u << 10; // Stays in the processor's second-level cache.
constexpr std::size_t recognised_from = 64u << 10;

struct closer {
    void operator()(std::FILE* f) const noexcept { std::fclose(f); }
};
using file = std::unique_ptr<std::FILE, closer>;

error unreadable(std::string const& path, int reason)
{
    return {errc::file_unreadable, diagnostics{.message = path + ": " + std::strerror(reason),
                                               .layer = "file"}}; // NOLINT(concurrency-mt-unsafe)
}

result<file> open(std::string const& path)
{
    file f(std::fopen(path.c_str(), "rb"));
    if(!f)
        return unreadable(path, errno);
    std::setvbuf(f.get(), nullptr, _IONBF, 0); // We read in blocks ourselves.
    return f;
}

// One read; empty at the end of the file.
result<std::string_view> read_block(std::FILE* f, std::string const& path, std::vector<char>& buffer)
{
    errno = 0;
    auto const size = std::fread(buffer.data(), 1, buffer.size(), f);
    if(size == 0 && std::ferror(f) != 0)
        return unreadable(path, errno);
    return std::string_view(buffer.data(), size);
}

bool cancelled(iis_reader_options const& options) { return options.cancel != nullptr && options.cancel->load(); }

result<void> read_into(detail::log_reader& reader, std::string const& path, iis_reader_options const& options)
{
    SCEPKIT_TRY(auto const f, open(path));
    std::vector<char> buffer(block_size);
    reader.begin_source(path);
    for(;;) {
        auto const block = read_block(f.get(), path, buffer);
        if(!block) {
            // What was read before the file went away counts; the reader needs its end all the same.
            static_cast<void>(reader.end_source().has_value());
            return block.error();
        }
        if(block->empty())
            return reader.end_source();
        reader.feed(*block);
        if(cancelled(options))
            return reader.end_source();
    }
}

// "u_extend9.log" before "u_extend10.log".
bool natural_less(std::string const& a, std::string const& b)
{
    auto const digit = [](char c) { return c >= '0' && c <= '9'; };
    std::size_t i = 0, j = 0;
    while(i < a.size() && j < b.size()) {
        if(digit(a[i]) && digit(b[j])) {
            auto const run = [&](std::string const& s, std::size_t& at) {
                while(at < s.size() && s[at] == '0')
                    ++at;
                auto const begin = at;
                while(at < s.size() && digit(s[at]))
                    ++at;
                return std::string_view(s).substr(begin, at - begin);
            };
            auto const x = run(a, i), y = run(b, j);
            if(x.size() != y.size())
                return x.size() < y.size();
            if(x != y)
                return x < y;
        } else if(a[i] != b[j]) {
            return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[j]);
        } else {
            ++i, ++j;
        }
    }
    if(a.size() - i != b.size() - j)
        return a.size() - i < b.size() - j;
    return a < b; // Equal but for leading zeros.
}

result<kind> kind_of(std::string const& path)
{
    SCEPKIT_TRY(auto const f, open(path));
    std::vector<char> buffer(recognised_from);
    SCEPKIT_TRY(auto const head, read_block(f.get(), path, buffer));
    return recognise(head);
}

std::string narrow_utf16(std::string_view text)
{
    std::string out;
    for(char const c : text.substr(std::min<std::size_t>(2, text.size())))
        if(c != '\0')
            out += c;
    return out;
}

// Files by the folder they are in, what cannot be used on the other list.
class gatherer
{
public:
    explicit gatherer(collected& out) : out_(out) {}

    void add(std::string const& path)
    {
        std::error_code failed;
        auto const type = fs::status(path, failed).type();
        if(type == fs::file_type::directory)
            return add_folder(path);
        if(type != fs::file_type::regular)
            return refuse(path, failed ? unreadable(path, failed.value())
                                       : error(errc::file_unreadable, path + " is neither a file nor a folder"));
        add_file(path);
    }

    std::map<std::string, std::vector<std::string>> const& by_folder() const noexcept { return by_folder_; }
    void refuse(std::string const& path, error e) { out_.unreadable.emplace_back(path, std::move(e)); }

private:
    void add_folder(std::string const& path)
    {
        std::error_code failed;
        std::vector<std::string> files;
        for(fs::directory_iterator it(path, failed), end; !failed && it != end; it.increment(failed)) {
            std::error_code gone;
            if(it->is_regular_file(gone))
                files.push_back(it->path().string());
        }
        if(failed)
            return refuse(path, unreadable(path, failed.value()));
        std::ranges::sort(files, natural_less);
        if(files.empty())
            refuse(path, error(errc::unknown_evidence, path + " is a folder without files"));
        for(auto const& f : files)
            add_file(f);
    }

    void add_file(std::string const& path)
    {
        auto const found = kind_of(path);
        if(!found)
            return refuse(path, found.error());
        if(*found != kind::iis_log)
            return refuse(path, error(errc::unknown_evidence,
                                      diagnostics{.message = path + " is no IIS log in the W3C format (a #Fields line "
                                                                    "with cs-uri-stem is missing)",
                                                  .layer = "file"}));
        auto& files = by_folder_[fs::path(path).parent_path().string()];
        if(std::ranges::find(files, path) == files.end())
            files.push_back(path);
    }

    collected& out_;
    std::map<std::string, std::vector<std::string>> by_folder_;
};

} // namespace

result<facts::iis_summary> read_iis_log(std::string const& path, iis_reader_options const& options)
{
    return read_iis_logs({path}, options);
}

result<facts::iis_summary> read_iis_logs(std::vector<std::string> const& paths, iis_reader_options const& options)
{
    auto files = paths;
    std::ranges::sort(files, natural_less);
    auto const reader = std::make_unique<detail::log_reader>(options);
    for(auto const& path : files)
        SCEPKIT_CHECK(read_into(*reader, path, options));
    return reader->summary();
}

kind recognise(std::string_view head) noexcept
try {
    std::string narrow;
    if(head.starts_with("\xff\xfe") || head.starts_with("\xfe\xff"))
        head = narrow = narrow_utf16(head.substr(0, recognised_from)); // The reader says what to do about it.
    if(head.starts_with("\xef\xbb\xbf"))
        head.remove_prefix(3);
    for(std::size_t at = 0; at < head.size();) {
        auto const end = std::min(head.find_first_of("\r\n", at), head.size());
        auto const line = head.substr(at, end - at);
        using detail::contains_ignoring_case;
        if(line.starts_with('#') && contains_ignoring_case(line, "microsoft internet information services"))
            return kind::iis_log;
        // HTTP.sys' own error log has cs-uri, never the stem.
        if(detail::equal_ignoring_case(line.substr(0, 8), "#fields:"))
            return contains_ignoring_case(line, "cs-uri-stem") ? kind::iis_log : kind::unknown;
        at = end + 1;
    }
    return kind::unknown;
} catch(std::bad_alloc const&) {
    return kind::unknown;
}

collected collect(std::vector<std::string> const& paths, iis_reader_options const& options)
{
    collected out;
    gatherer files(out);
    for(auto const& path : paths)
        files.add(path);
    for(auto [folder, list] : files.by_folder()) {
        std::ranges::sort(list, natural_less);
        auto const reader = std::make_unique<detail::log_reader>(options);
        for(auto const& path : list)
            if(auto const read = read_into(*reader, path, options); !read)
                files.refuse(path, read.error());
        if(reader->read_anything())
            out.iis_logs.push_back(reader->summary());
    }
    return out;
}

} // namespace scepkit::inline v0::evidence
