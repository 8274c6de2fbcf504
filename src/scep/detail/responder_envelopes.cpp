// SPDX-License-Identifier: BSL-1.0
#include <scep/detail/responder_envelopes.hpp>

#include <base/try.hpp>

#include <algorithm>

namespace scepkit::inline v0::scep::detail {

namespace {

std::ptrdiff_t entries_for(cms::enveloped_data const& envelope, pki::certificate const& own)
{
    return std::ranges::count_if(envelope.recipients(), [&](auto const& r) { return r.identifier.names(own); });
}

} // namespace

result<cms::opened> open_request(served_message const& c)
{
    auto const& options = c.with.options;
    auto const content = c.message.content();
    if(!content)
        return errc::content_missing;
    auto const& allowed = c.tolerates().allowed;
    SCEPKIT_TRY(auto const envelope, cms::enveloped_data::parse(*content, allowed, options.bounds));

    auto const by_password = std::ranges::any_of(
        envelope.recipients(), [](auto const& r) { return r.type == cms::recipient::kind::password; });
    if(by_password) {
        if(!options.request_password)
            return errc::recipient_unsupported;
        return cms::open_with_password(envelope, *options.request_password, allowed, options.password_iterations);
    }
    if(!options.decryption)
        return errc::no_recipient;
    // Nobody's entry, or two, are for cms::open to refuse; what it cannot see is one for each of two keys of ours.
    auto const* certificate = &options.decryption_certificate;
    auto const* key = options.decryption.get();
    auto for_us = entries_for(envelope, *certificate);
    for(auto const& former : options.former_recipients) {
        if(former.certificate == options.decryption_certificate)
            continue;
        auto const for_former = entries_for(envelope, former.certificate);
        if(for_former != 0 && for_us != 0)
            return errc::several_recipients;
        if(for_former != 0) {
            certificate = &former.certificate;
            key = former.decrypter.get();
            for_us = for_former;
        }
    }
    return cms::open(envelope, *certificate, *key, allowed);
}

} // namespace scepkit::inline v0::scep::detail
