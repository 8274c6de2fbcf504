// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/asn1/oid.hpp>

/// The object identifiers of this field, under the names of the documents that define them.
namespace scepkit::inline v0::asn1::oids {

// RFC 5652 and PKCS #9.
inline constexpr oid data{"1.2.840.113549.1.7.1"};
inline constexpr oid signed_data{"1.2.840.113549.1.7.2"};
inline constexpr oid enveloped_data{"1.2.840.113549.1.7.3"};
inline constexpr oid encrypted_data{"1.2.840.113549.1.7.6"};
inline constexpr oid auth_enveloped_data{"1.2.840.113549.1.9.16.1.23"};
inline constexpr oid content_type{"1.2.840.113549.1.9.3"};
inline constexpr oid message_digest{"1.2.840.113549.1.9.4"};
inline constexpr oid signing_time{"1.2.840.113549.1.9.5"};
inline constexpr oid challenge_password{"1.2.840.113549.1.9.7"};
inline constexpr oid extension_request{"1.2.840.113549.1.9.14"};
inline constexpr oid microsoft_extension_request{"1.3.6.1.4.1.311.2.1.14"}; ///< szOID_CERT_EXTENSIONS

// Algorithms.
inline constexpr oid rsa_encryption{"1.2.840.113549.1.1.1"};
inline constexpr oid rsaes_oaep{"1.2.840.113549.1.1.7"};
inline constexpr oid mgf1{"1.2.840.113549.1.1.8"};
inline constexpr oid p_specified{"1.2.840.113549.1.1.9"};
inline constexpr oid rsassa_pss{"1.2.840.113549.1.1.10"};
inline constexpr oid md5_with_rsa{"1.2.840.113549.1.1.4"};
inline constexpr oid sha1_with_rsa{"1.2.840.113549.1.1.5"};
inline constexpr oid sha256_with_rsa{"1.2.840.113549.1.1.11"};
inline constexpr oid sha384_with_rsa{"1.2.840.113549.1.1.12"};
inline constexpr oid sha512_with_rsa{"1.2.840.113549.1.1.13"};
inline constexpr oid ec_public_key{"1.2.840.10045.2.1"};
inline constexpr oid secp256r1{"1.2.840.10045.3.1.7"};
inline constexpr oid secp384r1{"1.3.132.0.34"};
inline constexpr oid secp521r1{"1.3.132.0.35"};
inline constexpr oid ecdsa_with_sha1{"1.2.840.10045.4.1"};
inline constexpr oid ecdsa_with_sha256{"1.2.840.10045.4.3.2"};
inline constexpr oid ecdsa_with_sha384{"1.2.840.10045.4.3.3"};
inline constexpr oid ecdsa_with_sha512{"1.2.840.10045.4.3.4"};
// FIPS 204 and 203 (RFC 9881, RFC 9935).
inline constexpr oid ml_dsa_44{"2.16.840.1.101.3.4.3.17"};
inline constexpr oid ml_dsa_65{"2.16.840.1.101.3.4.3.18"};
inline constexpr oid ml_dsa_87{"2.16.840.1.101.3.4.3.19"};
inline constexpr oid ml_kem_512{"2.16.840.1.101.3.4.4.1"};
inline constexpr oid ml_kem_768{"2.16.840.1.101.3.4.4.2"};
inline constexpr oid ml_kem_1024{"2.16.840.1.101.3.4.4.3"};
inline constexpr oid md5{"1.2.840.113549.2.5"};
inline constexpr oid sha1{"1.3.14.3.2.26"};
inline constexpr oid sha256{"2.16.840.1.101.3.4.2.1"};
inline constexpr oid sha384{"2.16.840.1.101.3.4.2.2"};
inline constexpr oid sha512{"2.16.840.1.101.3.4.2.3"};
inline constexpr oid des_cbc{"1.3.14.3.2.7"};
inline constexpr oid des_ede3_cbc{"1.2.840.113549.3.7"};
inline constexpr oid aes128_cbc{"2.16.840.1.101.3.4.1.2"};
inline constexpr oid aes192_cbc{"2.16.840.1.101.3.4.1.22"};
inline constexpr oid aes256_cbc{"2.16.840.1.101.3.4.1.42"};

// Attributes of distinguished names.
inline constexpr oid common_name{"2.5.4.3"};
inline constexpr oid surname{"2.5.4.4"};
inline constexpr oid serial_number{"2.5.4.5"};
inline constexpr oid country{"2.5.4.6"};
inline constexpr oid locality{"2.5.4.7"};
inline constexpr oid state_or_province{"2.5.4.8"};
inline constexpr oid street{"2.5.4.9"};
inline constexpr oid organization{"2.5.4.10"};
inline constexpr oid organizational_unit{"2.5.4.11"};
inline constexpr oid title{"2.5.4.12"};
inline constexpr oid given_name{"2.5.4.42"};
inline constexpr oid domain_component{"0.9.2342.19200300.100.1.25"};
inline constexpr oid user_id{"0.9.2342.19200300.100.1.1"};
inline constexpr oid email_address{"1.2.840.113549.1.9.1"};
inline constexpr oid unstructured_name{"1.2.840.113549.1.9.2"};
inline constexpr oid unstructured_address{"1.2.840.113549.1.9.8"};

// Extensions.
inline constexpr oid subject_key_identifier{"2.5.29.14"};
inline constexpr oid key_usage{"2.5.29.15"};
inline constexpr oid subject_alt_name{"2.5.29.17"};
inline constexpr oid basic_constraints{"2.5.29.19"};
inline constexpr oid name_constraints{"2.5.29.30"};
inline constexpr oid certificate_policies{"2.5.29.32"};
inline constexpr oid policy_constraints{"2.5.29.36"};
inline constexpr oid authority_key_identifier{"2.5.29.35"};
inline constexpr oid extended_key_usage{"2.5.29.37"};
inline constexpr oid any_extended_key_usage{"2.5.29.37.0"};
inline constexpr oid server_auth{"1.3.6.1.5.5.7.3.1"};
inline constexpr oid client_auth{"1.3.6.1.5.5.7.3.2"};
inline constexpr oid certificate_request_agent{"1.3.6.1.4.1.311.20.2.1"}; ///< EKU of NDES' RA certificates
inline constexpr oid upn{"1.3.6.1.4.1.311.20.2.3"};                       ///< otherName: user principal name
inline constexpr oid ntds_ca_security{"1.3.6.1.4.1.311.25.2"};            ///< SID extension (KB5014754)
inline constexpr oid ntds_object_sid{"1.3.6.1.4.1.311.25.2.1"};
inline constexpr oid certificate_template_name{"1.3.6.1.4.1.311.20.2"}; ///< szOID_ENROLL_CERTTYPE_EXTENSION

// SCEP attributes, RFC 8894 section 3.2.1.
inline constexpr oid message_type{"2.16.840.1.113733.1.9.2"};
inline constexpr oid pki_status{"2.16.840.1.113733.1.9.3"};
inline constexpr oid fail_info{"2.16.840.1.113733.1.9.4"};
inline constexpr oid sender_nonce{"2.16.840.1.113733.1.9.5"};
inline constexpr oid recipient_nonce{"2.16.840.1.113733.1.9.6"};
inline constexpr oid transaction_id{"2.16.840.1.113733.1.9.7"};
inline constexpr oid fail_info_text{"1.3.6.1.5.5.7.24.1"};
// What Microsoft's NDES adds to its replies (wincrypt.h names in comments).
inline constexpr oid microsoft_scep_error{"1.3.6.1.4.1.311.21.33"};  ///< szOID_ENROLL_SCEP_ERROR
inline constexpr oid microsoft_disposition{"1.3.6.1.4.1.311.21.38"}; ///< the disposition word, "Issued"

} // namespace scepkit::inline v0::asn1::oids
