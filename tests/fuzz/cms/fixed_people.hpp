// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/cms/quirks.hpp>
#include <scepkit/pki/certificate.hpp>
#include <scepkit/pki/decrypter.hpp>

/// The keys and certificates tests/vectors/cms/rsa.* and ec.*: fuzz programs read no files, and the seeds are for this
/// one.
namespace scepkit::fuzz {

inline constexpr std::string_view certificate_pem = "-----BEGIN CERTIFICATE-----\n"
                                                    "MIIDFzCCAf+gAwIBAgICEAEwDQYJKoZIhvcNAQELBQAwIzEQMA4GA1UECgwHQ29u\n"
                                                    "dG9zbzEPMA0GA1UEAwwGU2lnbmVyMCAXDTI2MTEyNjEzMjUwMFoYDzIxMjYxMTAy\n"
                                                    "MTMyNTAwWjAjMRAwDgYDVQQKDAdDb250b3NvMQ8wDQYDVQQDDAZTaWduZXIwggEi\n"
                                                    "MA0GCSqGSIb3DQEBAQUAA4IBDwAwggEKAoIBAQCm7Cmu7/FOo6nI5bwV8lsK0rTR\n"
                                                    "KluPJG442rb5GFCoFZaMzlWyDLLHGxLSQBn7Mhs5xH9jvOmGFnvL1pXptme+BU/j\n"
                                                    "zU6pq4yMykfidsmeq38UIozKENnNzl8QO5ipFaTSDy1yrq3mgNfg/81o+cZUuXmV\n"
                                                    "GGJ+5kcqHJHPrxABum2kipRZeoby01rvxW0uLN00IiMzu2Kq7Srxrm2L3kuGJDy/\n"
                                                    "l6PiAQr+/0jEraU/ROaNyRppZ0tn0lPljjJoXwaM1XOQHI0K9UKbXevS1lS3Cxsq\n"
                                                    "6CIfJQWI0JopNLZPKntF4Mik/ihEciV66iR873C7sn0KrCMXPALt+5yKQMf7AgMB\n"
                                                    "AAGjUzBRMB0GA1UdDgQWBBTxIEP96uF9pz+iuy2/nj3JxI5ClDAfBgNVHSMEGDAW\n"
                                                    "gBTxIEP96uF9pz+iuy2/nj3JxI5ClDAPBgNVHRMBAf8EBTADAQH/MA0GCSqGSIb3\n"
                                                    "DQEBCwUAA4IBAQBETb+8oekh8HkGlcfHIWPWtwqta5FhUs83DhPef+4ImYwCuLkD\n"
                                                    "1ftDblgINwnvMUQVc5AfCdYigPezycHfLKq/4/r8s5UkDysstOBOk0NJeSr0PpFr\n"
                                                    "txtSNPof7df6p6qfUCECe+4yOz6ugOX0wdwnoE5joNfvllFQbUXAe1ECQFUz28NO\n"
                                                    "jdn/hu7Ba3I4oXoJVCKhiX5Mso71GOne5xSDJghLgFin2tI4PplSfCY6NzYx30pu\n"
                                                    "4BjjrDq91CidsIB36UbQ/T38QIWEbqaFL6R3Spmyai77uTM5hr7gmUij29XVU1Is\n"
                                                    "Id42WsJsgNXuQiUHpvC695omuwBCfYwb0itN\n"
                                                    "-----END CERTIFICATE-----\n";
inline constexpr std::string_view key_pem = "-----BEGIN PRIVATE KEY-----\n"
                                            "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCm7Cmu7/FOo6nI\n"
                                            "5bwV8lsK0rTRKluPJG442rb5GFCoFZaMzlWyDLLHGxLSQBn7Mhs5xH9jvOmGFnvL\n"
                                            "1pXptme+BU/jzU6pq4yMykfidsmeq38UIozKENnNzl8QO5ipFaTSDy1yrq3mgNfg\n"
                                            "/81o+cZUuXmVGGJ+5kcqHJHPrxABum2kipRZeoby01rvxW0uLN00IiMzu2Kq7Srx\n"
                                            "rm2L3kuGJDy/l6PiAQr+/0jEraU/ROaNyRppZ0tn0lPljjJoXwaM1XOQHI0K9UKb\n"
                                            "XevS1lS3Cxsq6CIfJQWI0JopNLZPKntF4Mik/ihEciV66iR873C7sn0KrCMXPALt\n"
                                            "+5yKQMf7AgMBAAECggEASXBWyH4NcxVDcj1M+nTlxEW+wtW5calMCxyC6uXdOo5A\n"
                                            "7dMr1cmLcFkDd1g3dhJt8wT2LQnkzhcfQSe4Thpv2yTYKLfft3tfu2OVq9eqTfJS\n"
                                            "1yd6PL6cLNVycqBdwmpg2QBPdQjQPr0J/ZZdp6VYslbl3IhdcUpcHfVy22ZAixlk\n"
                                            "3oOhsu5oZOmvsEszgyakiM7IskTOdrBbdZG5zVYOt3WvJV22hzBC2tsecyETbXbb\n"
                                            "zMcKz9nVAG0kffHX3SVf6I31LsKS08B6JrBrBsheuXnQHHUnroB9PtTeCtlkQh4f\n"
                                            "HRz/coQiV63iCqbxEpo9UV+stf+kjYMo9l8AGgWeMQKBgQDoBBUAmg18QmGnG0Yu\n"
                                            "U4TiUY8A63Hjbsr1rqolDMVTn0OeWQncKXjELlA5rSVbvJHtRlMt566gIBcVPN1d\n"
                                            "P6b+9ihbBWhDmk8Xl7pCSz5ovIC+0+MOehjX5f7LuexAzkwscov6oTOp7InNMOGo\n"
                                            "YNhTHi2Ov1WKsasV/N8W6Gpa0QKBgQC4LX2kNB/zZLtDzzcdBg/kn1x39KD61577\n"
                                            "SjTrzJ83V+3UQMkiYFI9xpf0R+lTK4kmIMPMAxt7/HrajWmvnbx2yMiTzQrmoc+5\n"
                                            "mRZKmk0ul2k3XN0vIsMVU/6jyf7yr8QZzPgCik4Oq6Xvi0cDt06Vz/DQQIw0HvLW\n"
                                            "q3ERfvcRCwKBgQDCtmpJzv9yQONjMmh7iGwE4x14UB+MFvcNqD/yR/1yaD5/LYow\n"
                                            "0j0fpx58yOqJSn/M+S/lXoIWr9evYx0DnN+xKTRE7wzJbz7hNdyCtlLx4wDJJVlw\n"
                                            "VNd0mPh0UNwMpxUWWCtRcufAu1oKcfNvM5dYagMhwUEw3FoQYd93giV/gQKBgHEA\n"
                                            "aEAhQyFAwqz+LGCAYavyIvfuff6p4P9pLkMmzuFT77X08fNHie4hNQZKQNwosANW\n"
                                            "wwsfNPPDm1UQwrFfZEy1MGuOuIt86EiFpumq9oQJniK7tXHAMFWbrXas7uHT+cui\n"
                                            "uOBGH1Jc+niYyb977pl4ddYwZFVuT6xqj/seHVS1AoGAZqJar7RAW51tBlu/IBZG\n"
                                            "9C+2r/pnYQ8M4dyhiNkHuw5jarZ19NqgpPa2hqEP/qPWbQGp3InRbBBk5+3WOUbX\n"
                                            "D6rOdxaetFv9Ufs6+kVqi62AL75QVwdoid+IFEHJCPJtaKLXo7U7CDez8DQLbNWU\n"
                                            "Eyd1r1pSQyNpkF2Cn4riZCc=\n"
                                            "-----END PRIVATE KEY-----\n";

inline constexpr std::string_view ec_certificate_pem =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBiDCCAS+gAwIBAgICEAQwCgYIKoZIzj0EAwIwIjEQMA4GA1UECgwHQ29udG9z\n"
    "bzEOMAwGA1UEAwwFQ3VydmUwIBcNMjYxMTI2MTMyNTAwWhgPMjEyNjExMDIxMzI1\n"
    "MDBaMCIxEDAOBgNVBAoMB0NvbnRvc28xDjAMBgNVBAMMBUN1cnZlMFkwEwYHKoZI\n"
    "zj0CAQYIKoZIzj0DAQcDQgAEmysOLzmzHr/TTkBSkXdqyN2kuLnIsVYmbQxMfST2\n"
    "WCLgVXadRrGTsqCHBJ7iDHZkonAqnY7fR4AjbVLbl3R88aNTMFEwHQYDVR0OBBYE\n"
    "FFvg1PsNWLPjnTWtUqJs0LyQ6EGFMB8GA1UdIwQYMBaAFFvg1PsNWLPjnTWtUqJs\n"
    "0LyQ6EGFMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIgKD5Co8vs\n"
    "yN/gjWxfNPcIJq0m2qChdbQzUMzpG3QRnR8CIEpZ93uBKKNZlb5Z48qTiQKoIXGX\n"
    "YsP2POJtqkXIbsh5\n"
    "-----END CERTIFICATE-----\n";
inline constexpr std::string_view ec_key_pem = "-----BEGIN PRIVATE KEY-----\n"
                                               "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQghJsi2Q+lJ+0/W9nZ\n"
                                               "yr+D3KN6y4O8VT5xhegPfgfor1ahRANCAASbKw4vObMev9NOQFKRd2rI3aS4ucix\n"
                                               "ViZtDEx9JPZYIuBVdp1GsZOyoIcEnuIMdmSicCqdjt9HgCNtUtuXdHzx\n"
                                               "-----END PRIVATE KEY-----\n";

struct person {
    person(std::string_view own_certificate, std::string_view own_key)
        : certificate(pki::certificate::from_pem(as_bytes(own_certificate)).value()),
          key(pki::private_key::from_pem(as_bytes(own_key)).value())
    {
    }

    pki::certificate certificate;
    pki::private_key key;
    std::shared_ptr<pki::software_decrypter const> decrypter = pki::software_decrypter::create(key).value();
};

inline person const& recipient()
{
    static person const p(certificate_pem, key_pem);
    return p;
}

inline person const& ec_recipient()
{
    static person const p(ec_certificate_pem, ec_key_pem);
    return p;
}

inline cms::quirk_set everything()
{
    cms::quirk_set all;
    for(auto q : cms::all_quirks())
        all.insert(q);
    return all;
}

} // namespace scepkit::fuzz
