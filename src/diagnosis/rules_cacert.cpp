// SPDX-License-Identifier: BSL-1.0
#include <diagnosis/detail/bag.hpp>
#include <diagnosis/detail/make.hpp>

#include <algorithm>

namespace scepkit::inline v0::diagnosis::detail {

namespace {

using outcome = std::optional<finding>;
using kind = catalogue_entry::kind;

constexpr std::string_view request_agent = "1.3.6.1.4.1.311.20.2.1";
constexpr auto ra_soon = std::chrono::hours(24 * 60), ra_very_soon = std::chrono::hours(24 * 14);
constexpr auto ca_soon = std::chrono::hours(24 * 180);

// --- The bag -----------------------------------------------------------------------------------------------------

http_exchange const* cert_answer(rule_context const& c)
{
    http_exchange const* found = nullptr; // The last one is the one that was read.
    for(auto const& e : c.facts.exchanges)
        if(e.question == question::get_ca_cert && e.status == 200)
            found = &e;
    return found;
}

// --- The answer --------------------------------------------------------------------------------------------------

outcome html(rule_context const& c, catalogue_entry const& entry)
{
    auto const* e = cert_answer(c);
    if(e == nullptr ||
       (e->body != facts::body_kind::html && !(c.facts.ca && c.facts.ca->failure == "html_instead_of_scep")))
        return std::nullopt;
    return make(entry)
        .saw("GetCACert got a web page" + (e->html_title.empty() ? std::string(".") : ", \"" + e->html_title + "\"."))
        .on(c, *e);
}

outcome empty(rule_context const& c, catalogue_entry const& entry)
{
    auto const* e = cert_answer(c);
    if(e == nullptr)
        return std::nullopt;
    bool const nothing = e->body == facts::body_kind::empty || e->body_bytes == 0;
    bool const empty_bag = c.facts.ca && !c.facts.ca->failure && c.facts.ca->certificates.empty();
    if(!nothing && !empty_bag)
        return std::nullopt;
    return make(entry)
        .saw(nothing ? "GetCACert got 200 and no byte." : "GetCACert got a bag without certificates.")
        .on(c, *e);
}

bool is_text(http_exchange const& e) { return e.body == facts::body_kind::text && e.body_bytes != 0; }

outcome pem(rule_context const& c, catalogue_entry const& entry)
{
    auto const* e = cert_answer(c);
    if(e == nullptr || !is_text(*e))
        return std::nullopt;
    return make(entry)
        .is(confidence::likely)
        .saw("GetCACert got text instead of DER, " + std::to_string(e->body_bytes) + " bytes.")
        .on(c, *e);
}

outcome not_degenerate(rule_context const& c, catalogue_entry const& entry)
{
    if(!c.facts.ca || cert_answer(c) == nullptr)
        return std::nullopt;
    bool const tolerated =
        std::ranges::find(c.facts.ca->tolerances, "bag_with_content") != c.facts.ca->tolerances.end();
    if(!tolerated && c.facts.ca->failure != "not_degenerate")
        return std::nullopt;
    return make(entry)
        .saw("The bag of certificates has content or signers.")
        .on(c, *cert_answer(c))
        .on_ca(c, "not degenerate");
}

outcome unreadable(rule_context const& c, catalogue_entry const& entry)
{
    auto const* e = cert_answer(c);
    if(e == nullptr || !c.facts.ca || !c.facts.ca->failure || *c.facts.ca->failure == "html_instead_of_scep" ||
       *c.facts.ca->failure == "not_degenerate" || is_text(*e) || e->body == facts::body_kind::html ||
       e->body_bytes == 0)
        return std::nullopt;
    return make(entry)
        .saw("The answer to GetCACert cannot be read: " + c.facts.ca->failure_text.value_or(*c.facts.ca->failure) + ".")
        .on(c, *e);
}

constexpr std::string_view single_type = "application/x-x509-ca-cert", bag_type = "application/x-x509-ca-ra-cert";

outcome wrong_type(rule_context const& c, catalogue_entry const& entry)
{
    if(!read_bag(c) || cert_answer(c) == nullptr)
        return std::nullopt;
    auto const& type = c.facts.ca->content_type;
    if(is_same_text(type, single_type) || is_same_text(type, bag_type))
        return std::nullopt;
    return make(entry)
        .saw("The certificates are there; the Content-Type is " +
             (type.empty() ? std::string("missing") : "\"" + type + "\"") + ".")
        .on(c, *cert_answer(c))
        .on_ca(c, "Content-Type " + type);
}

outcome type_body_mismatch(rule_context const& c, catalogue_entry const& entry)
{
    if(!read_bag(c) || cert_answer(c) == nullptr)
        return std::nullopt;
    bool const says_single = is_same_text(c.facts.ca->content_type, single_type);
    bool const says_bag = is_same_text(c.facts.ca->content_type, bag_type);
    if((!says_single && !says_bag) || says_single == c.facts.ca->single)
        return std::nullopt;
    return make(entry)
        .saw(says_single ? "The Content-Type promises one certificate; the body is a bag of " +
                               counted(c.facts.ca->certificates.size(), "certificate") + "."
                         : "The Content-Type promises a bag; the body is one certificate.")
        .on(c, *cert_answer(c))
        .on_ca(c, "Content-Type " + c.facts.ca->content_type);
}

// --- Which certificates ------------------------------------------------------------------------------------------

outcome single_on_ndes(rule_context const& c, catalogue_entry const& entry)
{
    auto const b = read_bag(c);
    if(!b || !b->ra.empty() || !is_ndes(c))
        return std::nullopt;
    return make(entry)
        .is(cert_answer(c) != nullptr && from_iis(*cert_answer(c)) ? confidence::certain : confidence::likely)
        .saw("GetCACert gives " + counted(b->ca.size(), "CA certificate") + " and no RA certificate.")
        .on(c, cert_answer(c))
        .on_ca(c, "no RA certificate");
}

outcome missing(rule_context const& c, catalogue_entry const& entry, bool (*purpose)(certificate_summary const&),
                std::string_view what)
{
    auto const b = read_bag(c);
    // A lone CA certificate is both; a bag without any RA certificate is cacert-single-on-ndes.
    if(!b || b->ra.empty() || std::ranges::any_of(b->ra, [&](auto i) { return purpose(b->at(i)); }))
        return std::nullopt;
    if(!is_ndes(c) && std::ranges::any_of(b->ca, [&](auto i) { return purpose(b->at(i)); }))
        return std::nullopt;
    make f(entry);
    for(auto const i : b->ra)
        f.on_certificate(c, i, "key usage " + b->at(i).key_usage.value_or("not limited"));
    return f.saw("None of the RA certificates has " + std::string(what) + ".");
}
outcome enc_missing(rule_context const& c, catalogue_entry const& entry)
{
    return missing(c, entry, encrypts, "keyEncipherment");
}
outcome sign_missing(rule_context const& c, catalogue_entry const& entry)
{
    return missing(c, entry, signs, "digitalSignature");
}

outcome wrong_eku(rule_context const& c, catalogue_entry const& entry)
{
    auto const b = read_bag(c);
    if(!b || b->ra.empty() || cert_answer(c) == nullptr || !from_iis(*cert_answer(c)))
        return std::nullopt;
    bool const any = std::ranges::any_of(b->ra, [&](auto i) {
        auto const& usages = b->at(i).extended_key_usage;
        return std::ranges::find(usages, request_agent) != usages.end();
    });
    if(any)
        return std::nullopt;
    make f(entry);
    for(auto const i : b->ra)
        f.on_certificate(c, i, "extended key usages " + joined(b->at(i).extended_key_usage));
    return f.is(confidence::possible).saw("No RA certificate has the usage Certificate Request Agent.");
}

// --- Their validity ----------------------------------------------------------------------------------------------

// A finding of the RA certificates for which `wrong` holds, if no good pair is left.
outcome about_ra(rule_context const& c, catalogue_entry const& entry,
                 bool (*wrong)(certificate_summary const&, time_point),
                 std::string (*words)(certificate_summary const&))
{
    auto const b = read_bag(c);
    if(!b || b->has_good_pair(c.now))
        return std::nullopt;
    make f(entry);
    std::string saw;
    for(auto const i : b->ra) {
        if(!wrong(b->at(i), c.now))
            continue;
        saw += (saw.empty() ? "" : " ") + b->at(i).subject + ' ' + words(b->at(i)) + '.';
        f.on_certificate(c, i, words(b->at(i)));
    }
    if(saw.empty())
        return std::nullopt;
    return f.saw(saw);
}

outcome ra_expired(rule_context const& c, catalogue_entry const& entry)
{
    return about_ra(c, entry, is_over, [](auto const& one) { return "expired on " + one.not_after.substr(0, 10); });
}
outcome ra_not_yet_valid(rule_context const& c, catalogue_entry const& entry)
{
    return about_ra(c, entry, is_early, [](auto const& one) { return "is not valid before " + one.not_before; });
}
outcome ra_wrong_issuer(rule_context const& c, catalogue_entry const& entry)
{
    return about_ra(
        c, entry, [](auto const& one, time_point) { return is_strangers(one); },
        [](auto const& one) {
            return one.issuer_name_in_list
                       ? "names " + one.issuer + " as its issuer and was not signed with the key of that CA"
                       : "was issued by " + one.issuer + ", which is not in the bag";
        });
}

outcome leftovers(rule_context const& c, catalogue_entry const& entry)
{
    auto const b = read_bag(c);
    if(!b || !b->has_good_pair(c.now))
        return std::nullopt;
    make f(entry);
    std::vector<std::string> old;
    for(auto const i : b->ra) {
        if(is_good(b->at(i), c.now))
            continue;
        old.push_back(b->at(i).subject + " (valid to " + b->at(i).not_after.substr(0, 10) + ")");
        f.on_certificate(c, i, "valid to " + b->at(i).not_after);
    }
    if(old.empty())
        return std::nullopt;
    return f.saw("Beside a good pair the bag holds " + joined(old) + ".");
}

outcome ra_expiring(rule_context const& c, catalogue_entry const& entry)
{
    auto const b = read_bag(c);
    if(!b)
        return std::nullopt;
    make f(entry);
    std::string saw;
    bool very_soon = false;
    // What counts is when the last good certificate of each purpose ends.
    for(auto const purpose : {encrypts, signs}) {
        std::optional<std::size_t> last;
        for(auto const i : b->ra)
            if(purpose(b->at(i)) && is_good(b->at(i), c.now) && (!last || b->at(i).not_after > b->at(*last).not_after))
                last = i;
        auto const end = last ? time_of(b->at(*last).not_after) : std::nullopt;
        if(!end || *end - c.now >= ra_soon)
            continue;
        very_soon = very_soon || *end - c.now < ra_very_soon;
        auto const text = b->at(*last).subject + " expires on " + b->at(*last).not_after.substr(0, 10) + ".";
        if(saw.find(text) == saw.npos)
            saw += (saw.empty() ? "" : " ") + text;
        f.on_certificate(c, *last, "valid to " + b->at(*last).not_after);
    }
    if(saw.empty())
        return std::nullopt;
    return f.is(very_soon ? severity::error : severity::warning).saw(saw);
}

// CAs that count: those that issued an RA certificate, or all where there is none.
std::vector<std::size_t> issuing(bag const& b)
{
    std::vector<std::size_t> out;
    for(auto const i : b.ra)
        if(auto const by = b.at(i).issued_by;
           by && *by >= 0 && static_cast<std::size_t>(*by) < b.facts.certificates.size())
            out.push_back(static_cast<std::size_t>(*by));
    std::ranges::sort(out);
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out.empty() ? b.ca : out;
}

outcome ca_expired(rule_context const& c, catalogue_entry const& entry)
{
    auto const b = read_bag(c);
    if(!b)
        return std::nullopt;
    auto const list = issuing(*b);
    if(list.empty() || !std::ranges::all_of(list, [&](auto i) { return is_over(b->at(i), c.now); }))
        return std::nullopt;
    make f(entry);
    for(auto const i : list)
        f.on_certificate(c, i, "valid to " + b->at(i).not_after);
    return f.saw(b->at(list.front()).subject + " expired on " + b->at(list.front()).not_after.substr(0, 10) + ".");
}

outcome ca_expiring(rule_context const& c, catalogue_entry const& entry)
{
    auto const b = read_bag(c);
    if(!b)
        return std::nullopt;
    std::optional<std::size_t> last;
    for(auto const i : issuing(*b))
        if(!is_over(b->at(i), c.now) && (!last || b->at(i).not_after > b->at(*last).not_after))
            last = i;
    auto const end = last ? time_of(b->at(*last).not_after) : std::nullopt;
    if(!end || *end - c.now >= ca_soon)
        return std::nullopt;
    return make(entry)
        .saw(b->at(*last).subject + " expires on " + b->at(*last).not_after.substr(0, 10) + ".")
        .on_certificate(c, *last, "valid to " + b->at(*last).not_after);
}

// --- Their strength ----------------------------------------------------------------------------------------------

outcome weak_key(rule_context const& c, catalogue_entry const& entry)
{
    auto const b = read_bag(c);
    if(!b)
        return std::nullopt;
    make f(entry);
    std::string saw;
    for(std::size_t i = 0; i < b->facts.certificates.size(); ++i) {
        auto const& key = b->at(i).key;
        bool const small = key == "RSA 1024" || key == "RSA 512" || key == "RSA 768" || key == "RSA 1536";
        if(!small && key != "key_not_allowed")
            continue;
        saw += (saw.empty() ? "" : " ") + b->at(i).subject + " has " +
               (small ? "a key of " + key : "a key outside what is allowed") + '.';
        f.on_certificate(c, i, key);
    }
    if(saw.empty())
        return std::nullopt;
    return f.is(confidence::likely).saw(saw);
}

outcome weak_signature(rule_context const& c, catalogue_entry const& entry)
{
    auto const b = read_bag(c);
    if(!b)
        return std::nullopt;
    make f(entry);
    std::string saw;
    for(auto const i : b->ca) {
        auto const& signature = b->at(i).signature;
        if(!signature.ends_with("SHA-1") && !signature.ends_with("MD5") && !signature.starts_with("RSASSA-PSS"))
            continue;
        saw += (saw.empty() ? "" : " ") + b->at(i).subject + " is signed with " + signature + '.';
        f.on_certificate(c, i, signature);
    }
    if(saw.empty())
        return std::nullopt;
    return f.is(confidence::likely).saw(saw);
}

outcome ec_recipient(rule_context const& c, catalogue_entry const& entry)
{
    auto const b = read_bag(c);
    if(!b)
        return std::nullopt;
    auto const& candidates = b->ra.empty() ? b->ca : b->ra;
    bool const any_rsa = std::ranges::any_of(
        candidates, [&](auto i) { return (b->ra.empty() || encrypts(b->at(i))) && !b->at(i).key.starts_with("P-"); });
    if(any_rsa || candidates.empty())
        return std::nullopt;
    make f(entry);
    for(auto const i : candidates)
        f.on_certificate(c, i, b->at(i).key);
    return f.saw("Every certificate that an enrolment could be encrypted to has an elliptic-curve key.");
}

outcome ca_usage(rule_context const& c, catalogue_entry const& entry)
{
    auto const b = read_bag(c);
    if(!b || !b->ra.empty() || b->ca.empty() || is_ndes(c))
        return std::nullopt;
    auto const wrong = [&](std::size_t i) { return !encrypts(b->at(i)) || !signs(b->at(i)); };
    if(!std::ranges::all_of(b->ca, wrong))
        return std::nullopt;
    make f(entry);
    for(auto const i : b->ca)
        f.on_certificate(c, i, "key usage " + b->at(i).key_usage.value_or(""));
    return f.saw("The CA certificate is the only one, and its key usage is " +
                 b->at(b->ca.front()).key_usage.value_or("") + ".");
}

outcome cache_hit(rule_context const& c, catalogue_entry const& entry)
{
    for(auto const& e : c.facts.exchanges) {
        if(!is_operation(e.question) || !e.status)
            continue;
        auto const age = header(e, "Age");
        if(contains(header(e, "X-Cache"), "hit") || (!age.empty() && age != "0"))
            return make(entry)
                .is(confidence::likely)
                .saw(std::string(name_of(e.question)) + " came from a cache" +
                     (age.empty() ? "." : ", " + std::string(age) + " seconds old."))
                .on(c, e);
    }
    return std::nullopt;
}

constexpr std::string_view device_to_ndes = "Microsoft Learn: Troubleshooting device to NDES server communication for "
                                            "SCEP certificate profiles in Microsoft Intune";
constexpr std::string_view rfc_cert = "RFC 8894, section 4.2";
constexpr std::string_view after_renewal =
    "Microsoft Learn: SCEP deployment to Windows 10 devices fails after you renew the CA certificate";
constexpr std::string_view page_fix[] = {
    "Compare the path of the URL with https://<host>/certsrv/mscep/mscep.dll.",
    "If the path is right, look for a proxy or rewrite rule that drops the query, or that signs users in."};
constexpr std::string_view empty_fix[] = {"Read the Application log of the server: NetworkDeviceEnrollmentService "
                                          "event 7 says why the certificates could not be returned.",
                                          "Check that the CA is running and reachable, then restart the server."};
constexpr std::string_view pem_fix[] = {
    "The answer must be DER. Find the proxy or script that answers in the server's place or turns it into text."};
constexpr std::string_view degenerate_fix[] = {"Let the server send a SignedData without content and without signers."};
constexpr std::string_view unreadable_fix[] = {
    "Fetch GetCACert at the server itself and from outside, and compare the bytes: something on the way changes them, "
    "or the product is no SCEP server."};
constexpr std::string_view type_fix[] = {
    "One certificate: application/x-x509-ca-cert. A bag: application/x-x509-ca-ra-cert. Find the proxy that changes "
    "the header, or correct the server."};
constexpr std::string_view new_ra_fix[] = {
    "Request a new certificate from the template CEP Encryption for the computer account of the NDES server.",
    "Request one from the template Exchange Enrollment Agent (Offline request), export it with its key and import it "
    "into the computer's store.",
    "In the computer's certificate store grant the account of the SCEP application pool Read on both private keys.",
    "Archive or delete the old RA certificates, then run iisreset and look for events 2 and 10 of "
    "NetworkDeviceEnrollmentService."};
constexpr std::string_view renew_soon_fix[] = {
    "Renew both RA certificates before that day; nothing does it by itself, and NDES gives no warning.",
    "Template CEP Encryption for the computer account; template Exchange Enrollment Agent (Offline request), exported "
    "and imported into the computer's store.",
    "Grant the account of the SCEP application pool Read on both private keys, then run iisreset."};
constexpr std::string_view issuer_fix[] = {
    "After a renewal of the CA with a new key, request both RA certificates again (CEP Encryption, Exchange Enrollment "
    "Agent), so that the new CA key signs them.",
    "Grant the account of the SCEP application pool Read on both private keys, archive the old ones, run iisreset.",
    "If NDES was set up for another CA, remove the role service, configure it again for the right one and install the "
    "connector anew."};
constexpr std::string_view missing_ra_fix[] = {
    "On the server look for the two RA certificates in the computer's personal store: one with keyEncipherment "
    "(template CEP Encryption), one with digitalSignature (template Exchange Enrollment Agent), both with the usage "
    "Certificate Request Agent, issued by the CA that NDES is configured for.",
    "Request what is missing, grant the account of the SCEP application pool Read on the private keys, run iisreset."};
constexpr std::string_view leftover_fix[] = {
    "Archive the old RA certificates in the computer's store and run iisreset, so that clients cannot pick them."};
constexpr std::string_view ca_fix[] = {"Renew the CA certificate; then request both RA certificates again and deploy "
                                       "the new root with the trusted certificate profiles."};
constexpr std::string_view weak_fix[] = {"Renew the certificates with RSA keys of 2048 bits or more."};
constexpr std::string_view signature_fix[] = {
    "Renew the CA certificate with SHA-256 and PKCS #1 v1.5 padding: certutil -setreg ca\\csp\\CNGHashAlgorithm "
    "SHA256, and AlternateSignatureAlgorithm=0 in CAPolicy.inf and certutil -setreg "
    "ca\\csp\\AlternateSignatureAlgorithm 0.",
    "Request both RA certificates again and deploy the new CA certificates to the devices."};
constexpr std::string_view ec_fix[] = {"Use an RSA key in the certificate that enrolments are encrypted to; SCEP has "
                                       "no way to encrypt to an elliptic-curve key."};
constexpr std::string_view usage_fix[] = {"Let the server use a registration authority certificate, or a CA "
                                          "certificate with digitalSignature and keyEncipherment."};
constexpr std::string_view cache_fix[] = {"Exclude /certsrv/mscep from every cache on the way."};
constexpr std::string_view cert_refs[] = {rfc_cert};
constexpr std::string_view ra_refs[] = {device_to_ndes};
constexpr std::string_view issuer_refs[] = {after_renewal, device_to_ndes};
constexpr std::string_view ios_refs[] = {"Microsoft Learn: iOS SCEP failure and no GetCACaps request is generated"};
constexpr std::string_view usage_refs[] = {"RFC 8894, section 2.1.2"};
constexpr std::string_view ec_refs[] = {"RFC 8894, section 3.1"};
constexpr std::string_view cache_refs[] = {"RFC 8894, section 4.1"};

rule const table[] = {
    {{"cacert-html", kind::symptom, severity::error, "GetCACert is answered with a web page",
      "Clients expect certificates.", page_fix, cert_refs},
     html},
    {{"cacert-empty", kind::symptom, severity::error, "GetCACert gives no certificate",
      "Without the CA's certificate no client can go on.", empty_fix, ra_refs},
     empty},
    {{"cacert-pem", kind::cause, severity::error, "GetCACert is answered with text",
      "Clients expect DER, not PEM or base64.", pem_fix, cert_refs},
     pem},
    {{"cacert-unreadable", kind::symptom, severity::error, "The answer to GetCACert cannot be read",
      "It is neither a certificate nor a bag of certificates.", unreadable_fix, cert_refs},
     unreadable},
    {{"ra-expired", kind::cause, severity::error, "The RA certificates have expired",
      "NDES decrypts and signs with its two RA certificates. Devices refuse expired ones, and NDES does not start with "
      "them: event 2 and 10.",
      new_ra_fix, ra_refs},
     ra_expired},
    {{"ra-not-yet-valid", kind::cause, severity::error, "The RA certificates are not valid yet",
      "Devices refuse certificates whose validity has not begun. Check the clocks of CA, server and this machine "
      "first.",
      new_ra_fix, ra_refs},
     ra_not_yet_valid},
    {{"ra-wrong-issuer", kind::cause, severity::error, "The RA certificates do not come from the CA in the bag",
      "After the CA is renewed with a new key, RA certificates of the old key no longer chain to the certificate that "
      "is handed out. Windows refuses them with 0x800B0109; iOS and Android often do not mind.",
      issuer_fix, issuer_refs},
     ra_wrong_issuer},
    {{"cacert-single-on-ndes", kind::cause, severity::error, "NDES hands out no RA certificates",
      "NDES always works with two RA certificates. Without them in the bag devices encrypt to the CA, and NDES cannot "
      "decrypt.",
      missing_ra_fix, ra_refs},
     single_on_ndes},
    {{"ra-enc-missing", kind::cause, severity::error, "No RA certificate can receive an enrolment",
      "Devices encrypt to the certificate with keyEncipherment. Without one they take another, and NDES cannot decrypt "
      "(event 18, 0x80090005).",
      missing_ra_fix, ra_refs},
     enc_missing},
    {{"ra-sign-missing", kind::cause, severity::error, "No RA certificate can sign answers",
      "Devices verify the answer with the certificate that has digitalSignature.", missing_ra_fix, ra_refs},
     sign_missing},
    {{"cacert-ec-recipient", kind::cause, severity::error, "Enrolments cannot be encrypted to this server",
      "SCEP encrypts by RSA key transport; the certificates here have elliptic-curve keys only.", ec_fix, ec_refs},
     ec_recipient},
    {{"ca-expired", kind::cause, severity::error, "The CA certificate has expired",
      "Whatever that CA issued is no longer valid, and it issues nothing.", ca_fix, ra_refs},
     ca_expired},
    {{"cacert-weak-signature", kind::cause, severity::error,
      "CA certificates are signed with an algorithm that iOS refuses",
      "With SHA-1 or RSASSA-PSS in the chain iOS stops after GetCACert: \"The Registration Authority's response is "
      "invalid\".",
      signature_fix, ios_refs},
     weak_signature},
    {{"cacert-weak-key", kind::cause, severity::error, "Keys of the CA or RA are too short",
      "Current devices refuse RSA keys below 2048 bits.", weak_fix, ios_refs},
     weak_key},
    {{"cacert-type-body-mismatch", kind::cause, severity::error,
      "Content-Type and body of GetCACert do not fit each other", "Clients choose the decoder by the type, and fail.",
      type_fix, cert_refs},
     type_body_mismatch},
    {{"cacert-wrong-type", kind::cause, severity::error, "GetCACert has a wrong Content-Type",
      "jscep (Android, many MDM agents) and sscep accept the two types of the standard only.", type_fix, cert_refs},
     wrong_type},
    {{"cacert-not-degenerate", kind::cause, severity::error, "The bag of GetCACert has content or signers",
      "Strict clients accept a bag of certificates and nothing else in it.", degenerate_fix, cert_refs},
     not_degenerate},
    {{"cache-hit", kind::cause, severity::error, "A cache answers SCEP calls",
      "After a renewal of the RA certificates it hands out the old ones, and an enrolment by GET may be answered with "
      "somebody else's certificate.",
      cache_fix, cache_refs},
     cache_hit},
    {{"ra-expiring", kind::cause, severity::warning, "The RA certificates expire soon",
      "They are not renewed by themselves. From that day on no device gets a certificate.", renew_soon_fix, ra_refs},
     ra_expiring},
    {{"ca-expiring", kind::cause, severity::warning, "The CA certificate expires soon",
      "A CA issues nothing that outlives it: certificates become shorter and shorter, then none are issued.", ca_fix,
      ra_refs},
     ca_expiring},
    {{"ra-duplicate-old", kind::cause, severity::warning, "Old RA certificates are still handed out",
      "Clients may pick the old ones from the bag.", leftover_fix, ra_refs},
     leftovers},
    {{"ca-ku-encipher", kind::cause, severity::warning, "The CA certificate is not made for encryption",
      "Without an RA the CA certificate receives the enrolments, and the standard wants digitalSignature and "
      "keyEncipherment in it. Windows otherwise asks for capabilities and certificates in a loop and never enrols; "
      "others do not mind.",
      usage_fix, usage_refs},
     ca_usage},
    {{"ra-wrong-eku", kind::cause, severity::warning, "No RA certificate is a request agent",
      "NDES loads only RA certificates with the usage Certificate Request Agent: this may be another product behind "
      "IIS.",
      missing_ra_fix, ra_refs},
     wrong_eku},
};

} // namespace

std::span<rule const> cacert_rules() { return table; }

} // namespace scepkit::inline v0::diagnosis::detail
