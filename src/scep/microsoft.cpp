// SPDX-License-Identifier: BSL-1.0
#include <scepkit/scep/microsoft.hpp>

#include <algorithm>
#include <array>

namespace scepkit::inline v0::scep {

namespace {

struct known {
    std::uint32_t value;
    std::string_view name;
    std::string_view hint;
};

// Names as in winerror.h; ascending, for the search.
constexpr std::array table{
    known{0x80004005, "E_FAIL", "An unspecified failure inside NDES or the CA."},
    known{0x80070002, "ERROR_FILE_NOT_FOUND", "NDES misses a registry value or the DLL of its policy module."},
    known{0x80070005, "E_ACCESSDENIED",
          "The CA, or DCOM on its way, refused the account of the NDES application pool."},
    known{0x8007000d, "ERROR_INVALID_DATA", "NDES or the CA could not read what it was given."},
    known{0x80070057, "E_INVALIDARG",
          "NDES could not use the request: a challenge or string type that it does not read, an algorithm, or a wrong "
          "challenge."},
    known{0x80070522, "ERROR_PRIVILEGE_NOT_HELD", "The account of the application pool lacks a privilege."},
    known{0x8007052e, "ERROR_LOGON_FAILURE", "User name or password of a service account is wrong."},
    known{0x800706ba, "RPC_S_SERVER_UNAVAILABLE", "The CA could not be reached by RPC: service, firewall or name."},
    known{0x80090005, "NTE_BAD_DATA",
          "NDES could not decrypt: the message was not encrypted to its encryption certificate."},
    known{0x8009000b, "NTE_BAD_KEY_STATE", "A stored secret of NDES is damaged or belongs to another account."},
    known{0x80090014, "NTE_BAD_PROV_TYPE", "The key provider is of a type that NDES cannot use."},
    known{0x80090016, "NTE_BAD_KEYSET", "A private key of NDES is missing or its account may not read it."},
    known{0x80091007, "CRYPT_E_HASH_VALUE", "A hash is not the one expected, such as a CA thumbprint in a profile."},
    known{0x80092004, "CRYPT_E_NOT_FOUND", "A certificate that NDES needs was not found."},
    known{0x80092010, "CRYPT_E_REVOKED", "A certificate in the chain of NDES or of the CA is revoked."},
    known{0x80092012, "CRYPT_E_NO_REVOCATION_CHECK",
          "Revocation could not be checked: no CRL or OCSP answer for a certificate."},
    known{0x80092013, "CRYPT_E_REVOCATION_OFFLINE", "A CRL is expired or cannot be reached from NDES or the CA."},
    known{0x8009310b, "CRYPT_E_ASN1_BADTAG", "The message is not the ASN.1 that NDES expects."},
    known{0x80094001, "CERTSRV_E_BAD_REQUESTSUBJECT", "The CA refuses the subject: malformed or too long."},
    known{0x80094011, "CERTSRV_E_ENROLL_DENIED", "The NDES account lacks the right to request certificates at the CA."},
    known{0x80094012, "CERTSRV_E_TEMPLATE_DENIED",
          "The NDES account lacks Read or Enroll on the certificate template."},
    known{0x80094014, "CERTSRV_E_ADMIN_DENIED_REQUEST", "A certificate manager denied the request."},
    known{0x80094800, "CERTSRV_E_UNSUPPORTED_CERT_TYPE", "The CA does not issue the template that NDES asked for."},
    known{0x80094801, "CERTSRV_E_NO_CERT_TYPE", "The request names no certificate template."},
    known{0x80094802, "CERTSRV_E_TEMPLATE_CONFLICT", "The request names two different templates."},
    known{0x80094803, "CERTSRV_E_SUBJECT_ALT_NAME_REQUIRED", "The template wants a subject alternative name."},
    known{0x80094807, "CERTSRV_E_SMIME_REQUIRED", "The template wants S/MIME capabilities in the request."},
    known{0x80094809, "CERTSRV_E_SIGNATURE_COUNT", "The template wants authorised signatures that NDES does not give."},
    known{0x8009480d, "CERTSRV_E_ISSUANCE_POLICY_REQUIRED",
          "The template takes its subject or policy from Active Directory."},
    known{0x8009480f, "CERTSRV_E_SUBJECT_DNS_REQUIRED",
          "The template takes the DNS name from Active Directory and found none."},
    known{0x80094810, "CERTSRV_E_ARCHIVED_KEY_UNEXPECTED",
          "The request archives a key that the template does not want."},
    known{0x80094811, "CERTSRV_E_KEY_LENGTH", "The key is shorter than the template's minimum."},
    known{0x80094812, "CERTSRV_E_SUBJECT_EMAIL_REQUIRED",
          "The template takes the e-mail address from Active Directory and found none."},
    known{0x80094813, "CERTSRV_E_UNKNOWN_CERT_TYPE", "The CA does not know the template."},
    known{0x800b0101, "CERT_E_EXPIRED", "A certificate of NDES or the CA is expired or not yet valid."},
    known{0x800b0109, "CERT_E_UNTRUSTEDROOT", "A chain ends in a root that the NDES server does not trust."},
    known{0x800b010a, "CERT_E_CHAINING", "A certificate chain could not be built to a root."},
    known{0x800b010c, "CERT_E_REVOKED", "A certificate in a chain is revoked."},
};
static_assert(std::is_sorted(table.begin(), table.end(),
                             [](auto const& a, auto const& b) { return a.value < b.value; }));

known const* find(std::uint32_t value) noexcept
{
    auto const place =
        std::lower_bound(table.begin(), table.end(), value, [](auto const& k, auto v) { return k.value < v; });
    return place != table.end() && place->value == value ? &*place : nullptr;
}

} // namespace

std::string hresult::to_string() const
{
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string text = "0x00000000";
    for(std::size_t i = 0; i < 8; ++i)
        text[9 - i] = digits[(value >> (4 * i)) & 0xf];
    return text;
}

std::string_view hresult::name() const noexcept
{
    auto const* entry = find(value);
    return entry != nullptr ? entry->name : std::string_view{};
}

std::string_view hresult::hint() const noexcept
{
    auto const* entry = find(value);
    return entry != nullptr ? entry->hint : std::string_view{};
}

} // namespace scepkit::inline v0::scep
