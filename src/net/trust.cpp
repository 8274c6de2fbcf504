// SPDX-License-Identifier: BSL-1.0
#include <net/detail/trust.hpp>

#include <net/detail/failures.hpp>
#include <net/detail/tls.hpp>
#include <pki/detail/openssl.hpp>

#include <base/try.hpp>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string_view>

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

namespace scepkit::inline v0::net::detail {
namespace {

struct free_openssl {
    void operator()(BIO* bio) const noexcept { BIO_free(bio); }
    void operator()(X509* certificate) const noexcept { X509_free(certificate); }
};
using unique_bio = std::unique_ptr<BIO, free_openssl>;
using unique_x509 = std::unique_ptr<X509, free_openssl>;

/// Adds every certificate of a PEM text; the number added. Local input that the user trusts: OpenSSL reads it.
std::size_t add_pem(X509_STORE* store, bytes_view text)
{
    unique_bio const in(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    std::size_t added = 0;
    while(in) {
        unique_x509 const next(PEM_read_bio_X509_AUX(in.get(), nullptr, nullptr, nullptr));
        if(!next)
            break;
        if(X509_STORE_add_cert(store, next.get()) == 1)
            ++added;
    }
    pki::detail::empty_error_queue(); // "No start line" is how the loop ends.
    return added;
}

constexpr std::size_t anchor_file_limit = 64u << 20;

/// Files whose names are a subject's hash and a number: what OpenSSL looks for in a certificate folder.
std::size_t count_hashed(std::filesystem::path const& folder)
{
    std::size_t count = 0;
    std::error_code failed;
    for(std::filesystem::directory_iterator i(folder, failed), end; !failed && i != end; i.increment(failed)) {
        auto const name = i->path().filename().string();
        auto const dot = name.find('.');
        if(dot == 8 && name.size() > 9 && name.find_first_not_of("0123456789abcdef") == dot &&
           name.find_first_not_of("0123456789", dot + 1) == std::string::npos)
            ++count;
    }
    return count;
}

/// The place behind symbolic links: /usr/lib/ssl/certs tells nobody anything.
std::string real_name(std::filesystem::path const& path)
{
    std::error_code failed;
    auto const real = std::filesystem::canonical(path, failed);
    return failed ? path.string() : real.string();
}

void append(std::string& text, std::string const& part)
{
    if(!text.empty())
        text += ", ";
    text += part;
}

std::string environment_or(char const* variable, char const* otherwise)
{
    char const* const set = std::getenv(variable);
    return set != nullptr && *set != '\0' ? set : otherwise;
}

std::string counted(std::size_t count)
{
    return " (" + std::to_string(count) + (count == 1 ? " certificate)" : " certificates)");
}

std::string load_system(X509_STORE* store)
{
    std::string source;
    auto const file = environment_or(X509_get_default_cert_file_env(), X509_get_default_cert_file());
    std::error_code absent;
    if(std::filesystem::is_regular_file(file, absent)) {
        if(auto const text = read_file(file, anchor_file_limit)) {
            if(auto const added = add_pem(store, *text); added > 0)
                append(source, real_name(file) + counted(added));
        }
    }
#if defined(_WIN32)
    constexpr char separator = ';';
#else
    constexpr char separator = ':';
#endif
    auto const folders = environment_or(X509_get_default_cert_dir_env(), X509_get_default_cert_dir());
    for(std::size_t begin = 0; begin <= folders.size();) {
        auto const end = std::min(folders.find(separator, begin), folders.size());
        auto const folder = folders.substr(begin, end - begin);
        begin = end + 1;
        auto const count = folder.empty() ? 0 : count_hashed(folder);
        if(count > 0 && X509_STORE_load_path(store, folder.c_str()) == 1)
            append(source, real_name(folder) + counted(count));
    }
    pki::detail::empty_error_queue();
    return source;
}

} // namespace

result<std::string> load_trust(X509_STORE* store, tls_client_options const& options)
{
    std::string source;
    if(options.ca_file) {
        SCEPKIT_TRY(auto const text, read_file(*options.ca_file, anchor_file_limit));
        auto const added = add_pem(store, text);
        if(added == 0)
            return make_failure(errc::bad_pem, "tls", *options.ca_file + " holds no certificate in PEM form");
        source = "file " + *options.ca_file + " (" + std::to_string(added) + ")";
    } else
        source = load_system(store);
    for(auto const& anchor : options.anchors) {
        auto const der = anchor.der();
        auto const* at = der.data();
        unique_x509 const native(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
        if(!native || X509_STORE_add_cert(store, native.get()) != 1)
            return crypto_failure("a trust anchor cannot be used for TLS");
    }
    if(!options.anchors.empty())
        append(source, std::to_string(options.anchors.size()) + " given");
    if(source.empty())
        source = "none installed";
    return source;
}

} // namespace scepkit::inline v0::net::detail
