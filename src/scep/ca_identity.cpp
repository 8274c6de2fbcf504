// SPDX-License-Identifier: BSL-1.0
#include <scepkit/scep/ca_identity.hpp>

#include <scepkit/pki/chain.hpp>

#include <base/try.hpp>
#include <scep/detail/html.hpp>

#include <algorithm>

namespace scepkit::inline v0::scep {

namespace {

// RFC 6402, 2.10: the purpose of a registration authority's certificate.
constexpr asn1::oid cmc_registration_authority{"1.3.6.1.5.5.7.3.28"};

error fail(errc code, std::string message, std::string reference = "RFC 8894, 2.2")
{
    return {code, diagnostics{.message = std::move(message), .layer = "scep", .reference = std::move(reference)}};
}

using certificates = std::vector<pki::certificate>;

bool contains(certificates const& list, pki::certificate const& c)
{
    return std::find(list.begin(), list.end(), c) != list.end();
}

// By length, as those who write fingerprints down do not say which digest they mean.
std::optional<pki::digest_algorithm> digest_of_size(std::size_t size) noexcept
{
    using pki::digest_algorithm;
    for(auto const d : {digest_algorithm::md5, digest_algorithm::sha1, digest_algorithm::sha256,
                        digest_algorithm::sha384, digest_algorithm::sha512})
        if(pki::size_of(d) == size)
            return d;
    return std::nullopt;
}

bool is_weak(bytes const& pin) noexcept { return pin.size() < pki::size_of(pki::digest_algorithm::sha256); }

bool is_pinned(pki::certificate const& c, ca_trust const& trust)
{
    if(!trust.pin())
        return false;
    auto const digest = digest_of_size(trust.pin()->size());
    if(digest == pki::digest_algorithm::sha256)
        return equal(c.sha256(), *trust.pin());
    auto const fingerprint =
        digest ? pki::crypto_context::default_context().digest(*digest, c.der()) : result<bytes>(bytes{});
    return fingerprint && !fingerprint->empty() && equal(*fingerprint, *trust.pin());
}

bool is_anchor(pki::certificate const& c, ca_trust const& trust) { return contains(trust.anchors(), c); }

// A root of before basicConstraints counts as well, if it signed itself.
bool is_authority(pki::certificate const& c)
{
    if(c.is_ca())
        return c.allows(pki::key_usage::key_cert_sign);
    return c.version() == 1 && c.is_self_issued() && c.is_issued_by(c);
}

// Any certificate of the CA can be slipped into an unsigned bag. One whose extended usage speaks of something else
// (clientAuth: a device) is therefore no RA, unless the caller named that very certificate.
bool may_be_registration_authority(pki::certificate const& c, ca_trust const& trust)
{
    if(is_pinned(c, trust) || is_anchor(c, trust) || !c.extensions().extended_key_usage)
        return true;
    auto const& ids = *c.extensions().extended_key_usage;
    return std::any_of(ids.begin(), ids.end(), [](auto const& id) {
        return id == asn1::oids::certificate_request_agent || id == cmc_registration_authority ||
               id == asn1::oids::any_extended_key_usage;
    });
}

// How a content key reaches a certificate's owner: the usage it must have, the item that must be on.
struct way_to_receive {
    pki::key_usage usage = pki::key_usage::key_encipherment;
    std::optional<quirk> needs;
};

std::optional<way_to_receive> way_to(pki::certificate const& c, profile const& tolerances)
{
    if(!c.key())
        return std::nullopt;
    auto const kind = c.key()->kind();
    if(kind == pki::key_kind::rsa)
        return way_to_receive{};
    if(pki::is_ec(kind) && tolerances.allows(quirk::key_agreement))
        return way_to_receive{pki::key_usage::key_agreement, quirk::key_agreement};
    if(pki::is_ml_kem(kind) && tolerances.allows(quirk::kem_recipient))
        return way_to_receive{pki::key_usage::key_encipherment, quirk::kem_recipient};
    return std::nullopt;
}

bool can_receive(pki::certificate const& c, profile const& tolerances)
{
    auto const way = way_to(c, tolerances);
    return way && c.allows(way->usage);
}

struct candidate {
    pki::certificate issuing_ca;
    pki::certificate recipient;
};

class role_finder
{
public:
    role_finder(cms::certificate_bag const& bag, ca_trust const& trust, profile const& tolerances, time_point now)
        : trust_(trust), tolerances_(tolerances), now_(now)
    {
        for(auto const& c : bag.certificates) {
            if(contains(all_, c))
                continue;
            all_.push_back(c);
            (is_authority(c) ? authorities_ : others_).push_back(c);
        }
        // A lone certificate is what there is, whatever it says of itself.
        if(authorities_.empty() && others_.size() == 1 && others_.front().is_self_issued() &&
           others_.front().is_issued_by(others_.front()))
            std::swap(authorities_, others_);
        std::stable_sort(authorities_.begin(), authorities_.end(), newer);
        std::stable_sort(others_.begin(), others_.end(), newer);
    }

    result<ca_identity> find() const
    {
        if(all_.empty())
            return fail(errc::no_usable_recipient, "the answer to GetCACert holds no certificate", "RFC 8894, 4.2.1");
        if(trust_.pin() && is_weak(*trust_.pin()) && !tolerances_.allows(quirk::weak_pin))
            return fail(errc::algorithm_not_allowed,
                        "a pin by MD5 or SHA-1 is not accepted: pin by SHA-256, or enable weak_pin");
        if(trust_.pin() && std::none_of(all_.begin(), all_.end(), [&](auto const& c) { return is_pinned(c, trust_); }))
            return fail(errc::ca_certificate_not_pinned,
                        "no certificate of GetCACert has the pinned fingerprint; do not enrol");
        SCEPKIT_TRY(auto const possible, candidates());
        std::optional<error> first;
        for(auto const& c : possible) {
            auto identity = accept(c);
            if(identity)
                return identity;
            if(!first)
                first = identity.error();
        }
        return *first;
    }

private:
    static bool newer(pki::certificate const& a, pki::certificate const& b) { return a.not_before() > b.not_before(); }

    // Registration authorities of `ca`, whatever their validity and usage.
    certificates registration_authorities(pki::certificate const& ca) const
    {
        certificates found;
        for(auto const& c : others_)
            if(may_be_registration_authority(c, trust_) && c.is_issued_by(ca))
                found.push_back(c);
        return found;
    }

    // What could be meant, best first. At least one, or an error.
    result<std::vector<candidate>> candidates() const
    {
        std::vector<candidate> found;
        bool any = false;
        bool expired = false;
        std::vector<std::pair<pki::certificate, pki::certificate>> pairs; // RA and CA
        for(auto const& ca : authorities_)
            for(auto const& ra : registration_authorities(ca))
                pairs.emplace_back(ra, ca);
        std::stable_sort(pairs.begin(), pairs.end(),
                         [](auto const& a, auto const& b) { return newer(a.first, b.first); });
        for(auto const& [ra, ca] : pairs) {
            any = true;
            if(!can_receive(ra, tolerances_))
                continue;
            if(!ra.is_valid_at(now_)) {
                expired = true;
                continue;
            }
            found.push_back({ca, ra});
        }
        if(any && found.empty())
            return expired
                       ? fail(errc::certificate_expired,
                              "the RA certificate for encryption is expired or not yet valid: renew it")
                       : fail(errc::no_usable_recipient,
                              "there are RA certificates, and none of them is for encryption (keyEncipherment, and a "
                              "key that the profile encrypts to)");
        if(any)
            return found;
        // No RA at all: the CA itself, the lowest of a chain.
        for(auto const& ca : authorities_) {
            auto const signed_another = std::any_of(authorities_.begin(), authorities_.end(), [&](auto const& other) {
                return !(other == ca) && !(other.subject() == ca.subject()) && other.is_issued_by(ca);
            });
            if(!signed_another)
                found.push_back({ca, ca});
        }
        if(found.empty())
            return fail(errc::no_usable_recipient,
                        "no certificate of GetCACert is a CA's or was issued by one of them");
        return found;
    }

    result<ca_identity> accept(candidate const& c) const
    {
        if(now_ > c.issuing_ca.not_after())
            return fail(errc::certificate_expired, "the CA certificate is expired");
        if(now_ < c.issuing_ca.not_before())
            return fail(errc::certificate_not_yet_valid, "the CA certificate is not yet valid: check the clocks");
        ca_identity identity{c.issuing_ca, c.recipient, {c.issuing_ca}, all_, {}};
        for(auto const& ra : registration_authorities(c.issuing_ca))
            if(ra.is_valid_at(now_) && ra.allows(pki::key_usage::digital_signature))
                identity.reply_signers.push_back(ra);
        SCEPKIT_CHECK(check_trust(identity));
        auto const way = way_to(c.recipient, tolerances_);
        if(!way && is_reached_by_challenge(c)) {
            identity.tolerances.insert(quirk::password_recipient);
            return identity;
        }
        if(!way)
            return fail(errc::no_usable_recipient, "the CA's key cannot receive an encrypted request (outside the "
                                                   "limits, or of a kind the profile does not encrypt to), and there "
                                                   "is no RA");
        if(way->needs)
            identity.tolerances.insert(*way->needs);
        if(!c.recipient.allows(way->usage)) {
            if(!tolerances_.allows(quirk::lone_ca_recipient))
                return fail(errc::no_usable_recipient, "the CA certificate is not for encryption, and there is no RA");
            identity.tolerances.insert(quirk::lone_ca_recipient);
        }
        return identity;
    }

    // RFC 8894, 3.1: to a CA whose key only signs, requests go under their challenge. Not to one of its RAs: who has
    // those, has one that encrypts.
    bool is_reached_by_challenge(candidate const& c) const
    {
        auto const& key = c.recipient.key();
        return c.recipient == c.issuing_ca && key && pki::can_sign(key->kind()) && !key->is_rsa() &&
               tolerances_.allows(quirk::password_recipient);
    }

    // The trusted certificate must have to do with the chosen roles: to lie in the same bag proves nothing.
    result<void> check_trust(ca_identity const& identity) const
    {
        if(trust_.is_first_use())
            return success();
        certificates roots = trust_.anchors();
        for(auto const& c : all_)
            if(is_pinned(c, trust_))
                roots.push_back(c);
        auto const names_a_role = [&](pki::certificate const& root) {
            return root == identity.issuing_ca || root == identity.recipient || contains(identity.reply_signers, root);
        };
        if(std::any_of(roots.begin(), roots.end(), names_a_role))
            return success();
        std::erase_if(roots, [](auto const& root) { return !is_authority(root); });
        auto const code = trust_.pin() ? errc::ca_certificate_not_pinned : errc::not_trusted;
        if(roots.empty())
            return fail(code, "the trusted certificate is neither the CA's, nor above it, nor its RA's");
        pki::chain_options options;
        options.now = now_;
        options.allow_sha1 = tolerances_.allows(quirk::sha1_signature);
        auto const chain = pki::verify_chain(identity.issuing_ca, authorities_, roots, options);
        if(!chain)
            return fail(code, "the CA does not chain to what is trusted: " + chain.error().to_string());
        return success();
    }

    ca_trust const& trust_;
    profile const& tolerances_;
    time_point now_;
    certificates all_;
    certificates authorities_; // Newest first, as the others.
    certificates others_;
};

// A ContentInfo begins with an OBJECT IDENTIFIER, a certificate with a SEQUENCE.
bool begins_with_oid(bytes_view body) noexcept
{
    if(body.size() < 2 || body[0] != 0x30)
        return false;
    std::size_t const length_octets = (body[1] & 0x80) != 0 ? body[1] & 0x7f : 0;
    return body.size() > 2 + length_octets && body[2 + length_octets] == 0x06;
}

} // namespace

result<ca_trust> ca_trust::pinned(bytes_view fingerprint)
{
    if(!digest_of_size(fingerprint.size()))
        return fail(errc::invalid_argument,
                    "a pin is a fingerprint by SHA-256 (64 hex digits), SHA-384, SHA-512, SHA-1 or MD5");
    ca_trust trust;
    trust.pin_ = to_bytes(fingerprint);
    return trust;
}

result<ca_trust> ca_trust::pinned_hex(std::string_view fingerprint)
{
    auto const raw = from_hex(fingerprint);
    if(!raw)
        return fail(errc::invalid_argument, "a pin is a fingerprint in hex digits");
    return pinned(*raw);
}

result<ca_trust> ca_trust::anchored(std::vector<pki::certificate> anchors)
{
    if(anchors.empty())
        return fail(errc::invalid_argument, "no trust anchor was given");
    ca_trust trust;
    trust.anchors_ = std::move(anchors);
    return trust;
}

ca_trust ca_trust::trust_on_first_use() { return {}; }

result<cms::certificate_bag> parse_ca_certificates(bytes_view body, profile const& tolerances, limits const& bounds,
                                                   pki::crypto_context const& context)
{
    if(body.empty())
        return fail(errc::truncated, "GetCACert was answered with nothing", "RFC 8894, 4.2.1");
    if(detail::looks_like_html(body))
        return fail(errc::html_instead_of_scep, "GetCACert was answered with a web page: check the path of the URL",
                    "RFC 8894, 4.2.1");
    if(begins_with_oid(body))
        return cms::certificate_bag::parse(body, tolerances.allowed, bounds, context);
    SCEPKIT_TRY(auto lone, pki::certificate::from_der(body, bounds, context));
    cms::certificate_bag bag;
    bag.certificates.push_back(std::move(lone));
    return bag;
}

result<ca_identity> ca_identity::choose(cms::certificate_bag const& bag, ca_trust const& trust,
                                        profile const& tolerances, time_point now)
{
    auto identity = role_finder(bag, trust, tolerances, now).find();
    if(identity) {
        identity->tolerances.insert(bag.tolerances);
        if(trust.pin() && is_weak(*trust.pin()))
            identity->tolerances.insert(quirk::weak_pin);
    }
    return identity;
}

} // namespace scepkit::inline v0::scep
