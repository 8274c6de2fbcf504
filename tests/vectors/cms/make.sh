#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Makes every vector of this folder with OpenSSL's command line (3.0.22 was used) and to_ber.py.
# Run in this folder. Keys and certificates that exist are kept, so that messages can be added one at a time, and because
# tests/fuzz/cms/fixed_people.hpp holds a copy of rsa.* and ec.*. make_post_quantum.py makes what this OpenSSL cannot.
set -eu

key() { # name, genpkey arguments
    name=$1
    shift
    [ -f "$name.key.pem" ] || openssl genpkey "$@" -out "$name.key.pem"
}
certify() { # name, subject, serial
    [ -f "$1.pem" ] || openssl req -x509 -new -key "$1.key.pem" -subj "$2" -set_serial "$3" -days 36500 -sha256 -out "$1.pem"
}
rsa="-algorithm RSA -pkeyopt rsa_keygen_bits:2048"
key rsa $rsa
key other $rsa
key twin $rsa
key weak -algorithm RSA -pkeyopt rsa_keygen_bits:1024
key ec -algorithm EC -pkeyopt ec_paramgen_curve:P-256
key ec384 -algorithm EC -pkeyopt ec_paramgen_curve:P-384
key ec521 -algorithm EC -pkeyopt ec_paramgen_curve:P-521
certify rsa "/O=Contoso/CN=Signer" 0x1001
certify other "/O=Contoso/CN=Other" 0x1002
certify twin "/O=Contoso/CN=Signer" 0x1001 # the name and serial of rsa.pem, another key
certify weak "/O=Contoso/CN=Weak" 0x1003
certify ec "/O=Contoso/CN=Curve" 0x1004
certify ec521 "/O=Contoso/CN=Large curve" 0x1005
certify ec384 "/O=Contoso/CN=Middle curve" 0x1006

printf 'The quick brown fox jumps over the lazy dog, 01234567890123456789 times over.\n' > content.txt
: > empty.txt

# Signed messages. -binary: the content as it is.
sign() { # name, cms arguments
    name=$1
    shift
    openssl cms -sign -binary -nodetach -in content.txt -outform DER -out "signed_$name.der" "$@"
}
by_rsa="-signer rsa.pem -inkey rsa.key.pem"
sign sha256 $by_rsa -md sha256
sign sha384 $by_rsa -md sha384
sign sha512 $by_rsa -md sha512
sign sha1 $by_rsa -md sha1
sign md5 $by_rsa -md md5
sign pss $by_rsa -md sha256 -keyopt rsa_padding_mode:pss
sign key_id $by_rsa -md sha256 -keyid
sign without_certificates $by_rsa -md sha256 -nocerts
sign without_attributes $by_rsa -md sha256 -noattr
sign with_twin $by_rsa -md sha256 -certfile twin.pem
sign weak_key -signer weak.pem -inkey weak.key.pem -md sha256
sign ec_sha256 -signer ec.pem -inkey ec.key.pem -md sha256
sign ec521_sha512 -signer ec521.pem -inkey ec521.key.pem -md sha512
sign two_signers $by_rsa -signer other.pem -inkey other.key.pem -md sha256
sign streamed $by_rsa -md sha256 -stream
openssl cms -sign -binary -in content.txt -outform DER -out signed_detached.der $by_rsa -md sha256
openssl cms -sign -binary -nodetach -in empty.txt -outform DER -out signed_empty.der $by_rsa -md sha256
openssl cms -sign -binary -nodetach -econtent_type 1.2.840.113549.1.7.3 -in content.txt -outform DER \
    -out signed_other_type.der $by_rsa -md sha256
./to_ber.py signed_sha256.der signed_ber.der

# Envelopes.
encrypt() { # name, cms arguments
    name=$1
    shift
    openssl cms -encrypt -binary -in content.txt -outform DER -out "enveloped_$name.der" "$@"
}
encrypt aes128 -aes128 rsa.pem
encrypt aes192 -aes192 rsa.pem
encrypt aes256 -aes256 rsa.pem
encrypt des3 -des3 rsa.pem
encrypt oaep_default -aes128 -recip rsa.pem -keyopt rsa_padding_mode:oaep
encrypt oaep_sha256 -aes128 -recip rsa.pem -keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha256
encrypt oaep_sha256_mgf1_sha1 -aes128 -recip rsa.pem -keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha256 \
    -keyopt rsa_mgf1_md:sha1
encrypt oaep_label -aes128 -recip rsa.pem -keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_label:010203
encrypt several -aes128 other.pem rsa.pem
encrypt others -aes128 other.pem
encrypt doubled -aes128 rsa.pem rsa.pem
encrypt key_id -aes128 -keyid -recip rsa.pem
encrypt streamed -aes128 -stream rsa.pem
encrypt agreement -aes128 ec.pem
encrypt agreement_two -aes256 -recip ec.pem -recip ec521.pem
encrypt agreement_beside -aes128 rsa.pem ec.pem
encrypt password_beside -aes128 -pwri_password secret -recip rsa.pem
encrypt password -aes128 -pwri_password secret
encrypt secret_key_beside -aes128 -secretkey 000102030405060708090A0B0C0D0E0F -secretkeyid 0A -recip rsa.pem
encrypt des -des -provider default -provider legacy rsa.pem
encrypt rc2 -rc2-40 -provider default -provider legacy rsa.pem
encrypt aes128_ofb -aes-128-ofb rsa.pem
encrypt aes128_cfb -aes-128-cfb rsa.pem
encrypt camellia -camellia128 rsa.pem
encrypt auth_gcm -aes-128-gcm rsa.pem
openssl cms -encrypt -binary -in empty.txt -outform DER -out enveloped_empty.der -aes128 rsa.pem
./to_ber.py enveloped_aes128.der enveloped_ber.der

# Other content types.
openssl cms -data_create -in content.txt -outform DER -out data.der
openssl cms -EncryptedData_encrypt -in content.txt -outform DER -out encrypted_data.der -aes128 \
    -secretkey 000102030405060708090A0B0C0D0E0F
openssl cms -digest_create -in content.txt -outform DER -out digested_data.der

# Certificate bags.
openssl crl2pkcs7 -nocrl -certfile rsa.pem -outform DER -out bag_one.der
openssl crl2pkcs7 -nocrl -certfile other.pem -certfile rsa.pem -certfile ec.pem -certfile weak.pem -outform DER -out bag_four.der
[ -f crl.der ] || {
    folder=$(mktemp -d)
    : > "$folder/index.txt"
    echo 01 > "$folder/crlnumber"
    printf '[ca]\ndefault_ca=c\n[c]\ndatabase=%s/index.txt\ncrlnumber=%s/crlnumber\ndefault_md=sha256\ndefault_crl_days=30\n' \
        "$folder" "$folder" > "$folder/ca.cnf"
    openssl ca -config "$folder/ca.cnf" -gencrl -keyfile rsa.key.pem -cert rsa.pem -out "$folder/crl.pem"
    openssl crl -in "$folder/crl.pem" -outform DER -out crl.der
    rm -r "$folder"
}
openssl crl2pkcs7 -in crl.der -inform DER -certfile rsa.pem -outform DER -out bag_with_crl.der
./to_ber.py bag_four.der bag_ber.der
