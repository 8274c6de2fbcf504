// SPDX-License-Identifier: BSL-1.0
#include "keys.hpp"

#include "common.hpp"

#include <base/try.hpp>

#include <algorithm>
#include <array>

namespace scepkit::inline v0::cli {

namespace {

constexpr std::size_t largest_file = 1u << 20;

constexpr std::array kinds{
    kind_of_key{"rsa2048", pki::key_kind::rsa, 2048},    kind_of_key{"rsa3072", pki::key_kind::rsa, 3072},
    kind_of_key{"rsa4096", pki::key_kind::rsa, 4096},    kind_of_key{"p256", pki::key_kind::ec_p256, 0},
    kind_of_key{"p384", pki::key_kind::ec_p384, 0},      kind_of_key{"p521", pki::key_kind::ec_p521, 0},
    kind_of_key{"mldsa44", pki::key_kind::ml_dsa_44, 0}, kind_of_key{"mldsa65", pki::key_kind::ml_dsa_65, 0},
    kind_of_key{"mldsa87", pki::key_kind::ml_dsa_87, 0}};

constexpr auto names = [] {
    std::array<std::string_view, kinds.size()> list{};
    for(std::size_t i = 0; i != list.size(); ++i)
        list[i] = kinds[i].name;
    return list;
}();

result<secret_bytes> first_line(std::string const& path)
{
    SCEPKIT_TRY(auto lines, read_challenges(path));
    if(lines.empty())
        return error(errc::invalid_argument, path + " holds no passphrase");
    return std::move(lines.front());
}

} // namespace

std::span<std::string_view const> key_kind_names() noexcept { return names; }

result<kind_of_key> kind_of_name(std::string_view name)
{
    auto const found = std::find_if(kinds.begin(), kinds.end(), [&](kind_of_key const& k) { return k.name == name; });
    if(found == kinds.end())
        return error(errc::invalid_argument, "no such kind of key as " + escape_controls(name));
    return *found;
}

bool is_key_uri(std::string_view text) noexcept { return text.starts_with("pkcs11:") || text.starts_with("file:"); }

result<pki::private_key> read_key(std::string const& file_or_uri, std::string const& secret_file,
                                  std::string const& configuration)
{
    secret_bytes secret;
    if(!secret_file.empty()) {
        SCEPKIT_TRY(secret, first_line(secret_file));
    }
    if(is_key_uri(file_or_uri)) {
        if(configuration.empty())
            return pki::private_key::from_uri(file_or_uri, secret);
        SCEPKIT_TRY(auto const context, pki::crypto_context::create(pki::crypto_context::options{
                                            .properties = {}, .configuration = configuration, .providers = {}}));
        return pki::private_key::from_uri(file_or_uri, secret, context);
    }
    SCEPKIT_TRY(auto raw, read_file(file_or_uri, largest_file));
    secret_bytes const pem(std::move(raw));
    return secret.empty() ? pki::private_key::from_pem(pem.view()) : pki::private_key::from_pem(pem.view(), secret);
}

} // namespace scepkit::inline v0::cli
