// SPDX-License-Identifier: BSL-1.0
#include "certificates.hpp"

#include <base/try.hpp>
#include <scepkit/base/random_source.hpp>
#include <scepkit/pki/chain.hpp>
#include <scepkit/simulator/ndes.hpp>

#include <array>
#include <cerrno>
#include <filesystem>
#include <functional>
#include <sys/stat.h>
#include <system_error>

namespace scepkit::inline v0::simulator {

namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr std::size_t largest_file = 1u << 20;
constexpr unsigned private_mode = 0600;
constexpr unsigned public_mode = 0644;

// Begun a day ago, so that a client whose clock is late believes them; as long as the templates of AD CS make them.
detail::validity lasting(time_point now, std::chrono::days length) { return {now - 24h, now + length}; }

error about(std::string const& path, std::string const& what, errc code = errc::bad_certificate)
{
    return {code, diagnostics{.message = path + " " + what, .layer = "file"}};
}
error about(std::string const& path, error const& e)
{
    auto details = e.details();
    details.message = path + ": " + details.message + "; remove it (and its pair) to have a new one made";
    return {e.code(), std::move(details)};
}

bool exists(std::string const& path)
{
    std::error_code ignored;
    return fs::exists(path, ignored);
}

result<void> make_folder(std::string const& folder)
{
    std::error_code failed;
    if(fs::is_directory(folder, failed))
        return success();
    auto const parent = fs::path(folder).parent_path();
    if(!parent.empty())
        fs::create_directories(parent, failed);
    // 0700 from the beginning: keys will lie in it.
    if(::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
        return about(folder, "cannot be made: " + std::generic_category().message(errno), errc::file_unwritable);
    return success();
}

result<pki::private_key> read_key(std::string const& path)
{
    SCEPKIT_TRY(auto raw, read_file(path, largest_file));
    secret_bytes const pem(std::move(raw));
    auto key = pki::private_key::from_pem(pem.view());
    if(!key)
        return about(path, key.error());
    return key;
}

result<pki::private_key> make_key(std::string const& path, pki::key_kind kind, std::size_t rsa_bits)
{
    SCEPKIT_TRY(auto key, pki::private_key::generate(kind, rsa_bits));
    if(!path.empty()) {
        SCEPKIT_TRY(auto const pem, key.to_pem());
        SCEPKIT_CHECK(write_new_file(path, pem.view(), private_mode));
    }
    return key;
}

/// What is known of one role: how its certificate is made, whether a kept one is sound (an error says why it is not),
/// and whether a sound one still serves.
struct role {
    std::string_view file;
    std::function<result<pki::certificate>(pki::private_key const&)> make;
    std::function<bool(pki::certificate const&)> sound;
    std::string_view unsound; ///< Said of one that is not sound.
    std::function<bool(pki::certificate const&)> serves;
    pki::key_kind kind = pki::key_kind::rsa;
    std::size_t rsa_bits = 2048;
};

result<scep::identity> load_or_make(std::string const& folder, role const& r)
{
    if(folder.empty()) {
        SCEPKIT_TRY(auto key, make_key({}, r.kind, r.rsa_bits));
        SCEPKIT_TRY(auto made, r.make(key));
        return scep::identity{std::move(made), std::move(key)};
    }
    auto const base = (fs::path(folder) / r.file).string();
    auto const certificate_path = base + ".pem";
    auto const key_path = base + ".key";
    auto const kept = exists(certificate_path);
    if(kept && !exists(key_path))
        return about(certificate_path, "is there and its key " + key_path + " is not", errc::file_unreadable);
    SCEPKIT_TRY(auto key, exists(key_path) ? read_key(key_path) : make_key(key_path, r.kind, r.rsa_bits));
    if(kept) {
        SCEPKIT_TRY(auto const pem, read_file(certificate_path, largest_file));
        auto found = pki::certificate::from_pem(pem);
        if(!found)
            return about(certificate_path, found.error());
        if(!found->key() || !(*found->key() == key.public_key()))
            return about(certificate_path, "does not belong to " + key_path, errc::bad_key);
        if(!r.sound(*found))
            return about(certificate_path, std::string(r.unsound));
        if(r.serves(*found))
            return scep::identity{*std::move(found), std::move(key)};
    }
    SCEPKIT_TRY(auto made, r.make(key));
    SCEPKIT_CHECK(replace_file(certificate_path, as_bytes(made.to_pem()), public_mode));
    return scep::identity{std::move(made), std::move(key)};
}

} // namespace

result<pki_state> load_or_make_state(state_options const& options)
{
    using pki::key_usage;
    auto const& folder = options.folder;
    auto const now = options.now;
    if(!folder.empty())
        SCEPKIT_CHECK(make_folder(folder));

    auto const is_authority = [](pki::certificate const& c) { return c.is_ca(); };
    auto const always = [](pki::certificate const&) { return true; };
    // A CA that receives enrolments itself needs keyEncipherment (RFC 8894, 2.1.2); AD CS makes CAs without it.
    auto const receives = options.with_ra                        ? key_usage::none
                          : options.ca_key == pki::key_kind::rsa ? key_usage::key_encipherment
                                                                 : key_usage::key_agreement;
    auto const ca_usage = key_usage::digital_signature | key_usage::key_cert_sign | key_usage::crl_sign | receives;
    SCEPKIT_TRY(auto ca, load_or_make(folder, {"ca",
                                               [&](auto const& key) {
                                                   return detail::make_authority(detail::ca_name(), ca_usage,
                                                                                 lasting(now, std::chrono::days(3650)),
                                                                                 key);
                                               },
                                               is_authority, "is not a CA certificate", always, options.ca_key,
                                               options.ca_rsa_bits}));
    SCEPKIT_TRY(auto tls_ca,
                load_or_make(folder, {"tls-ca",
                                      [&](auto const& key) {
                                          return detail::make_authority(detail::tls_ca_name(),
                                                                        key_usage::key_cert_sign | key_usage::crl_sign,
                                                                        lasting(now, std::chrono::days(3650)), key);
                                      },
                                      is_authority, "is not a CA certificate", always}));
    auto const valid = [&](pki::certificate const& c) { return c.is_valid_at(now); };
    SCEPKIT_TRY(
        auto tls,
        load_or_make(folder,
                     {"tls",
                      [&](auto const& key) {
                          return detail::make_tls_leaf(options.host, lasting(now, std::chrono::days(397)), key, tls_ca);
                      },
                      [&](auto const& c) { return c.is_issued_by(tls_ca.certificate); }, "was not issued by tls-ca.pem",
                      // Another --host gets a certificate for that name.
                      [&](auto const& c) { return valid(c) && pki::matches_host(c, options.host); }}));
    pki_state out{std::move(ca), std::nullopt, std::nullopt, std::move(tls_ca), std::move(tls), std::nullopt};
    if(options.with_next_ca) {
        // Begins in the middle of the old one's life: both are believed while the one takes over from the other.
        auto const& old = out.ca.certificate;
        auto const from = old.not_before() + (old.not_after() - old.not_before()) / 2;
        SCEPKIT_TRY(out.next_ca, load_or_make(folder, {"ca-next",
                                                       [&](auto const& key) {
                                                           return detail::make_authority(
                                                               detail::ca_name(), ca_usage,
                                                               {from, from + std::chrono::days(3650)}, key);
                                                       },
                                                       is_authority, "is not a CA certificate", always, options.ca_key,
                                                       options.ca_rsa_bits}));
    }
    if(!options.with_ra)
        return out;
    auto const ra = [&](std::string_view file, detail::ra_role kind) {
        return load_or_make(
            folder,
            {file,
             [&](auto const& key) { return detail::make_ra(kind, lasting(now, std::chrono::days(730)), key, out.ca); },
             [&](auto const& c) { return c.is_issued_by(out.ca.certificate); }, "was not issued by ca.pem", valid});
    };
    SCEPKIT_TRY(out.ra_signing, ra("ra-sign", detail::ra_role::signing));
    SCEPKIT_TRY(out.ra_encryption, ra("ra-encrypt", detail::ra_role::encryption));
    return out;
}

result<std::string> load_or_make_challenge(std::string const& folder)
{
    constexpr std::size_t longest = 4096;
    auto const path = folder.empty() ? std::string() : (fs::path(folder) / "challenge").string();
    if(!path.empty() && exists(path)) {
        SCEPKIT_TRY(auto raw, read_file(path, longest));
        secret_bytes const content(std::move(raw));
        auto const text = as_text(content.view());
        auto const line = text.substr(0, text.find_first_of("\r\n"));
        if(line.empty())
            return about(path, "holds no challenge; remove it to have one made", errc::bad_value);
        return std::string(line);
    }
    // Sixteen hexadecimal digits, as NDES makes them.
    std::array<std::uint8_t, 8> random{};
    SCEPKIT_CHECK(system_random().fill(random));
    auto made = to_hex(random);
    if(!path.empty()) {
        SCEPKIT_CHECK(make_folder(folder));
        SCEPKIT_CHECK(write_new_file(path, as_bytes(made + "\n"), private_mode));
    }
    return made;
}

} // namespace scepkit::inline v0::simulator
