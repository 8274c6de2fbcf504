// SPDX-License-Identifier: BSL-1.0
#include <scepkit/scep/microsoft.hpp>

#include <gtest/gtest.h>
#include <utility>
#include <vector>

namespace scepkit::inline v0::scep {
namespace {

TEST(Hresult, NamesWhatStandsBetweenNdesAndItsCa)
{
    std::vector<std::pair<std::uint32_t, std::string_view>> const expected{
        {0x80070005, "E_ACCESSDENIED"},
        {0x80070057, "E_INVALIDARG"},
        {0x800706ba, "RPC_S_SERVER_UNAVAILABLE"},
        {0x80090005, "NTE_BAD_DATA"},
        {0x80090014, "NTE_BAD_PROV_TYPE"},
        {0x80092010, "CRYPT_E_REVOKED"},
        {0x80092013, "CRYPT_E_REVOCATION_OFFLINE"},
        {0x8009310b, "CRYPT_E_ASN1_BADTAG"},
        {0x80094001, "CERTSRV_E_BAD_REQUESTSUBJECT"},
        {0x80094011, "CERTSRV_E_ENROLL_DENIED"},
        {0x80094012, "CERTSRV_E_TEMPLATE_DENIED"},
        {0x80094014, "CERTSRV_E_ADMIN_DENIED_REQUEST"},
        {0x80094800, "CERTSRV_E_UNSUPPORTED_CERT_TYPE"},
        {0x80094801, "CERTSRV_E_NO_CERT_TYPE"},
        {0x80094809, "CERTSRV_E_SIGNATURE_COUNT"},
        {0x80094811, "CERTSRV_E_KEY_LENGTH"},
        {0x800b0101, "CERT_E_EXPIRED"},
        {0x800b0109, "CERT_E_UNTRUSTEDROOT"},
    };
    for(auto const& [value, name] : expected) {
        EXPECT_EQ(hresult{value}.name(), name);
        EXPECT_FALSE(hresult{value}.hint().empty()) << name;
    }
}

TEST(Hresult, AnUnknownOneKeepsItsNumber)
{
    hresult const unknown{0x8badf00d};
    EXPECT_TRUE(unknown.name().empty());
    EXPECT_TRUE(unknown.hint().empty());
    EXPECT_EQ(unknown.to_string(), "0x8BADF00D");
    EXPECT_EQ(hresult{7}.to_string(), "0x00000007");
}

} // namespace
} // namespace scepkit::inline v0::scep
