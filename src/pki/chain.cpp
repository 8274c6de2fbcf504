// SPDX-License-Identifier: BSL-1.0
#include <scepkit/pki/chain.hpp>

#include <base/try.hpp>
#include <pki/detail/errors.hpp>
#include <pki/detail/ip_text.hpp>

#include <algorithm>

namespace scepkit::inline v0::pki {
namespace {

// The later in this list, the more it says: an issuer that signed and has expired is nearer to the truth than one that
// merely has the right name.
constexpr std::array ranking{errc::not_trusted,       errc::issuer_not_found,          errc::key_not_allowed,
                             errc::bad_key,           errc::signature_invalid,         errc::algorithm_not_allowed,
                             errc::usage_not_allowed, errc::certificate_not_yet_valid, errc::certificate_expired,
                             errc::too_many};

class path_builder
{
public:
    path_builder(std::span<certificate const> intermediates, std::span<certificate const> anchors,
                 chain_options const& options)
        : intermediates_(intermediates), anchors_(anchors), options_(options)
    {
    }

    result<std::vector<certificate>> run(certificate const& leaf)
    {
        path_.push_back(leaf);
        if(is_anchor(leaf))
            return path_;
        if(check_alone(leaf) && extend())
            return path_;
        return worst_;
    }

private:
    bool is_anchor(certificate const& c) const noexcept { return std::ranges::find(anchors_, c) != anchors_.end(); }
    bool exhausted() const noexcept { return checks_ == options_.maximum_signature_checks; }

    /// Remembers the most telling complaint; always false, so that checks can return it.
    bool refuse(errc code, std::string message, std::size_t index, std::string crypto = {})
    {
        auto const rank = [](errc c) { return std::ranges::find(ranking, c) - ranking.begin(); };
        if(!failed_ || rank(code) > rank(worst_.code()))
            worst_ = {code, diagnostics{.message = std::move(message),
                                        .layer = "pki",
                                        .index = index,
                                        .crypto = std::move(crypto),
                                        .reference = "RFC 5280, 6.1"}};
        failed_ = true;
        return false;
    }

    // What a certificate below the anchor must satisfy whatever its place.
    bool check_alone(certificate const& c)
    {
        auto const index = path_.size() - 1;
        if(!options_.ignore_validity && options_.now < c.not_before())
            return refuse(errc::certificate_not_yet_valid, "valid only from " + to_iso8601(c.not_before()), index);
        if(!options_.ignore_validity && options_.now > c.not_after())
            return refuse(errc::certificate_expired, "expired at " + to_iso8601(c.not_after()), index);
        if(!c.extensions().unknown_critical.empty())
            return refuse(errc::usage_not_allowed,
                          "the critical extension " + c.extensions().unknown_critical.front().to_dotted() +
                              " is not understood here",
                          index);
        return true;
    }

    // May `c`, now last in the path, issue what stands before it?
    bool check_issuer(certificate const& c, bool anchor)
    {
        auto const index = path_.size() - 1;
        auto const& constraints = c.extensions().basic_constraints;
        // An anchor need not say that it is a CA; but if it says it is none, it is none.
        if(anchor ? (constraints && !constraints->ca) : !c.is_ca())
            return refuse(errc::usage_not_allowed, "the issuer is not a CA", index);
        if(!c.allows(key_usage::key_cert_sign))
            return refuse(errc::usage_not_allowed, "the issuer's key usage does not allow it to sign certificates",
                          index);
        auto const below = std::ranges::count_if(path_.begin() + 1, path_.end() - 1,
                                                 [](certificate const& i) { return !i.is_self_issued(); });
        if(constraints && constraints->path_length && static_cast<std::uint64_t>(below) > *constraints->path_length)
            return refuse(errc::usage_not_allowed, "the issuer allows fewer CAs below it", index);
        return true;
    }

    bool check_signature(certificate const& subject, certificate const& issuer)
    {
        auto const index = path_.size() - 1;
        auto const* const with = subject.signed_with();
        if(with == nullptr || (with->digest == digest_algorithm::sha1 && !options_.allow_sha1))
            return refuse(errc::algorithm_not_allowed, "the certificate is signed with SHA-1 or an unknown algorithm",
                          index);
        if(!issuer.key())
            return refuse(issuer.key().error().code(), "the issuer's key cannot be used", index + 1);
        ++checks_;
        auto const verified = subject.verify_signature(*issuer.key());
        if(!verified)
            return refuse(verified.error().code(), "the signature does not verify with its issuer's key", index,
                          verified.error().details().crypto);
        return true;
    }

    bool is_candidate(certificate const& subject, certificate const& issuer) const
    {
        if(subject.issuer() != issuer.subject() || std::ranges::find(path_, issuer) != path_.end())
            return false;
        auto const& wanted = subject.extensions().authority_key_id;
        auto const& offered = issuer.extensions().subject_key_id;
        return !wanted || !offered || *wanted == *offered;
    }

    bool try_issuer(certificate const& issuer, bool anchor)
    {
        if(exhausted())
            return refuse(errc::too_many, "more signatures to check than allowed", path_.size() - 1);
        if(!check_signature(path_.back(), issuer))
            return false;
        path_.push_back(issuer);
        if(check_issuer(issuer, anchor) && (anchor || (check_alone(issuer) && extend())))
            return true;
        path_.pop_back();
        return false;
    }

    /// Depth first, anchors before intermediates; the depth and the number of signatures are bounded.
    bool extend()
    {
        auto const subject = path_.back();
        auto const index = path_.size() - 1;
        if(path_.size() >= options_.maximum_depth)
            return refuse(errc::too_many, "a chain longer than allowed", index);
        bool found = false;
        for(auto const& anchor : anchors_)
            if(is_candidate(subject, anchor)) {
                found = true;
                if(try_issuer(anchor, true))
                    return true;
            }
        for(auto const& issuer : intermediates_)
            if(is_candidate(subject, issuer) && !is_anchor(issuer)) {
                found = true;
                if(try_issuer(issuer, false))
                    return true;
            }
        if(found)
            return false;
        if(subject.is_self_issued())
            return refuse(errc::not_trusted, "the chain ends at a self-issued certificate that is no anchor", index);
        return refuse(errc::issuer_not_found, "no certificate at hand issued this one: " + subject.issuer().to_string(),
                      index);
    }

    std::span<certificate const> intermediates_;
    std::span<certificate const> anchors_;
    chain_options const& options_;
    std::vector<certificate> path_;
    std::size_t checks_ = 0;
    bool failed_ = false;
    error worst_;
};

bool is_same_label(std::string_view a, std::string_view b) noexcept
{
    auto const lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::ranges::equal(a, b, {}, lower, lower);
}

// RFC 6125, 6.4.3: a wildcard is a whole left-most label, stands for one label, and never for half the Internet.
bool matches_dns(std::string_view pattern, std::string_view host) noexcept
{
    if(!pattern.starts_with("*."))
        return is_same_label(pattern, host);
    auto const rest = pattern.substr(1);
    auto const dot = host.find('.');
    return dot != std::string_view::npos && dot != 0 && rest.find('.', 1) != std::string_view::npos &&
           rest.find('*') == std::string_view::npos && is_same_label(rest, host.substr(dot));
}

} // namespace

result<std::vector<certificate>> verify_chain(certificate const& leaf, std::span<certificate const> intermediates,
                                              std::span<certificate const> anchors, chain_options const& options)
{
    return path_builder(intermediates, anchors, options).run(leaf);
}

bool matches_host(certificate const& leaf, std::string_view host)
{
    if(host.size() > 2 && host.front() == '[' && host.back() == ']')
        host = host.substr(1, host.size() - 2);
    auto const& names = leaf.extensions().subject_alt_names;
    if(auto const address = detail::parse_ip(host)) {
        auto const text = detail::ip_text(*address);
        return std::ranges::any_of(
            names, [&](general_name const& n) { return n.type == general_name::kind::ip && n.text == text; });
    }
    if(host.ends_with('.'))
        host.remove_suffix(1);
    return !host.empty() && std::ranges::any_of(names, [&](general_name const& n) {
        return n.type == general_name::kind::dns && matches_dns(n.text, host);
    });
}

} // namespace scepkit::inline v0::pki
