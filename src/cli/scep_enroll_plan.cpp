// SPDX-License-Identifier: BSL-1.0
#include "scep_enroll_plan.hpp"

#include "keys.hpp"

#include <base/try.hpp>

#include <filesystem>

namespace scepkit::inline v0::cli::enroll {

namespace {

constexpr std::size_t largest_file = 1u << 20;

bool exists(std::string const& path)
{
    // A link that leads nowhere counts: the key is not written through it.
    std::error_code ignored;
    return std::filesystem::exists(std::filesystem::symlink_status(path, ignored));
}

struct chosen_key {
    pki::private_key key;
    bool is_new = false;
};

result<chosen_key> key_of(settings const& set)
{
    if(is_key_uri(set.key) || exists(set.key)) {
        SCEPKIT_TRY(auto kept, read_key(set.key, set.key_secret_file, set.openssl_configuration));
        return chosen_key{std::move(kept), false};
    }
    SCEPKIT_TRY(auto const kind, kind_of_name(set.key_kind));
    SCEPKIT_TRY(auto made, pki::private_key::generate(kind.kind, kind.rsa_bits));
    return chosen_key{std::move(made), true};
}

result<pki::general_name> name_of_text(std::string_view text)
{
    auto const colon = text.find(':');
    auto const kind = text.substr(0, colon);
    auto const value = colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
    if(kind == "dns")
        return pki::general_name::dns(value);
    if(kind == "ip")
        return pki::general_name::ip(value);
    if(kind == "email")
        return pki::general_name::rfc822(value);
    if(kind == "uri")
        return pki::general_name::uri(value);
    if(kind == "upn")
        return pki::general_name::upn(value);
    return error(errc::invalid_argument, "--san " + escape_controls(text) + ": dns, ip, email, uri and upn are known");
}

result<secret_bytes> challenge_of(settings const& set)
{
    if(set.challenge_file.empty())
        return secret_bytes();
    SCEPKIT_TRY(auto challenges, read_challenges(set.challenge_file));
    if(challenges.empty())
        return error(errc::invalid_argument, set.challenge_file + " holds no challenge");
    return std::move(challenges.front());
}

result<pki::certificate_request> request_from_file(std::string const& path)
{
    SCEPKIT_TRY(auto raw, read_file(path, largest_file));
    secret_bytes const owned(std::move(raw)); // A challenge may be inside.
    constexpr std::string_view begin = "-----BEGIN ";
    if(!as_text(owned.view()).starts_with(begin))
        return pki::certificate_request::from_der(owned.view());
    return pki::certificate_request::from_pem(owned.view());
}

result<pki::certificate_request> make_request(settings const& set, pki::private_key const& key,
                                              pki::certificate const* renewed)
{
    if(!set.request_file.empty())
        return request_from_file(set.request_file);
    pki::certificate_request_builder builder;
    if(renewed != nullptr && set.subject.empty()) {
        builder.subject(renewed->subject());
    } else {
        SCEPKIT_TRY(auto subject, pki::name::parse(set.subject));
        builder.subject(std::move(subject));
    }
    auto const encrypts = key.public_key().is_rsa() ? pki::key_usage::key_encipherment : pki::key_usage::none;
    builder.usage(pki::key_usage::digital_signature | encrypts);
    for(auto const& text : set.names) {
        SCEPKIT_TRY(auto name, name_of_text(text));
        builder.add(std::move(name));
    }
    if(renewed != nullptr && set.names.empty())
        for(auto const& name : renewed->extensions().subject_alt_names)
            builder.add(name);
    SCEPKIT_TRY(auto challenge, challenge_of(set));
    if(!challenge.empty())
        builder.challenge_password(std::move(challenge));
    return builder.sign(key);
}

result<pki::certificate> certificate_from(std::string const& path)
{
    SCEPKIT_TRY(auto const pem, read_file(path, largest_file));
    return pki::certificate::from_pem(pem);
}

} // namespace

result<http::endpoint> server_of(settings const& set)
{
    return http::endpoint::parse(set.url.find("://") == std::string::npos ? "https://" + set.url : set.url);
}

result<plan> prepare(settings const& set, time_point now)
{
    SCEPKIT_TRY(auto server, server_of(set));
    SCEPKIT_TRY(auto trust, trust_of(set));
    SCEPKIT_TRY(auto options, options_of(set));
    if(!set.resume.empty()) {
        SCEPKIT_TRY(auto key, read_key(set.key, set.key_secret_file, set.openssl_configuration));
        SCEPKIT_TRY(auto const saved, read_file(set.resume, largest_file));
        scep::enrollment::resume_keys keys{.key = key, .signer_key = {}, .decrypter = {}, .challenge = {}};
        SCEPKIT_TRY(keys.challenge, challenge_of(set));
        if(set.renew_key != set.key) {
            SCEPKIT_TRY(keys.signer_key, read_key(set.renew_key, {}, {}));
        }
        SCEPKIT_TRY(auto enrollment,
                    scep::enrollment::resume(saved, std::move(keys), std::move(trust), std::move(options), now));
        return plan{std::move(server), false, std::move(key), std::move(enrollment)};
    }
    std::optional<pki::certificate> renewed;
    std::optional<pki::private_key> renewed_key;
    if(!set.renew.empty()) {
        SCEPKIT_TRY(renewed, certificate_from(set.renew));
        SCEPKIT_TRY(renewed_key, read_key(set.renew_key, set.renew_key == set.key ? set.key_secret_file : std::string(),
                                          set.openssl_configuration));
    }
    SCEPKIT_TRY(auto chosen, key_of(set));
    SCEPKIT_TRY(auto request, make_request(set, chosen.key, renewed ? &*renewed : nullptr));
    SCEPKIT_TRY(auto enrollment, scep::enrollment::create({.request = std::move(request),
                                                           .key = chosen.key,
                                                           .signer = std::move(renewed),
                                                           .signer_key = std::move(renewed_key),
                                                           .decrypter = {}},
                                                          std::move(trust), std::move(options)));
    return plan{std::move(server), chosen.is_new, std::move(chosen.key), std::move(enrollment)};
}

result<scep::query> prepare_query(settings const& set)
{
    SCEPKIT_TRY(auto trust, trust_of(set));
    SCEPKIT_TRY(auto options, options_of(set));
    if(set.get == "ca")
        return scep::query::ca(std::move(trust), std::move(options));
    if(set.get == "next-ca")
        return scep::query::next_ca(std::move(trust), std::move(options));
    SCEPKIT_TRY(auto as, certificate_from(set.as));
    SCEPKIT_TRY(auto as_key, read_key(set.as_key, set.key_secret_file, set.openssl_configuration));
    auto wanted = scep::issuer_and_serial::of(as);
    scep::query_signer by{std::move(as), std::move(as_key), {}};
    if(set.get == "crl")
        return scep::query::crl(std::move(wanted), std::move(by), std::move(trust), std::move(options));
    if(!set.serial.empty()) {
        auto const serial = from_hex(set.serial);
        if(!serial || serial->empty())
            return error(errc::invalid_argument, "--serial is a number in hexadecimal digits");
        wanted.serial = *serial;
        // INTEGER content octets: positive, so a first bit of one needs a zero before it.
        if((wanted.serial.front() & 0x80) != 0)
            wanted.serial.insert(wanted.serial.begin(), 0);
    }
    return scep::query::certificate(std::move(wanted), std::move(by), std::move(trust), std::move(options));
}

} // namespace scepkit::inline v0::cli::enroll
