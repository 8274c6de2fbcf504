#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Makes every file of this folder anew, with the openssl program and python3-cryptography.
# The keys are throw-away keys; nothing outside the tests trusts them.
set -eu
cd "$(dirname "$0")"
rm -rf keys certificates requests
mkdir keys certificates requests

cd keys
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa-pkcs8.pem 2>/dev/null
openssl rsa -in rsa-pkcs8.pem -traditional -out rsa-pkcs1.pem 2>/dev/null
openssl pkcs8 -topk8 -in rsa-pkcs8.pem -passout pass:secret -out rsa-encrypted-pkcs8.pem
openssl rsa -in rsa-pkcs8.pem -traditional -aes128 -passout pass:secret -out rsa-encrypted-pkcs1.pem 2>/dev/null
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out rsa-1024.pem 2>/dev/null
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:4294967297 \
    -out rsa-exponent-33-bits.pem 2>/dev/null
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:8589934609 \
    -out rsa-exponent-34-bits.pem 2>/dev/null
openssl ecparam -name prime256v1 -genkey -out p256-sec1.pem # With an EC PARAMETERS block before the key.
openssl pkcs8 -topk8 -nocrypt -in p256-sec1.pem -out p256-pkcs8.pem
openssl ec -in p256-sec1.pem -conv_form compressed -out p256-compressed-sec1.pem 2>/dev/null
openssl ecparam -name prime256v1 -param_enc explicit -genkey -noout -out p256-explicit-sec1.pem
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out p384-pkcs8.pem
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521 -out p521-pkcs8.pem
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1 -out secp256k1.pem
openssl genpkey -algorithm ED25519 -out ed25519.pem
{ echo 'Bag Attributes'; echo '    friendlyName: device'; cat rsa-pkcs8.pem; } | sed 's/$/\r/' >rsa-crlf-with-text.pem
for pair in rsa-pkcs8:rsa p256-sec1:p256 p384-pkcs8:p384 p521-pkcs8:p521 rsa-1024:rsa-1024 secp256k1:secp256k1 \
    ed25519:ed25519 rsa-exponent-33-bits:rsa-exponent-33-bits rsa-exponent-34-bits:rsa-exponent-34-bits; do
    openssl pkey -in "${pair%:*}.pem" -pubout -outform DER -out "${pair#*:}.spki.der"
done
openssl ec -in p256-sec1.pem -pubout -conv_form compressed -outform DER -out p256-compressed.spki.der 2>/dev/null
openssl ec -in p256-explicit-sec1.pem -pubout -param_enc explicit -outform DER -out p256-explicit.spki.der 2>/dev/null
cd ..

cat >requests/config.tmp <<'EOF'
[req]
prompt = no
distinguished_name = dn
req_extensions = ext
attributes = attr
string_mask = utf8only
[dn]
C = DE
O = Müller & Söhne
CN = device 7
[attr]
challengePassword = 0123456789ABCDEF
[ext]
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = clientAuth, 1.3.6.1.4.1.311.10.3.4
subjectAltName = @san
1.3.6.1.4.1.311.25.2 = ASN1:SEQUENCE:sid
[san]
otherName.1 = 1.3.6.1.4.1.311.20.2.3;FORMAT:UTF8,UTF8:jürgen@contoso.example
DNS.1 = device7.contoso.example
IP.1 = 192.0.2.7
IP.2 = 2001:db8::7
URI.1 = tag:microsoft.com,2022-09-14:sid:S-1-5-21-1-2-3-1104
email.1 = device7@contoso.example
dirName.1 = dir
RID.1 = 1.2.3.4
[dir]
CN = inner
[sid]
first = IMPLICIT:0,SEQUENCE:sid_other_name
[sid_other_name]
type = OID:1.3.6.1.4.1.311.25.2.1
value = EXPLICIT:0,FORMAT:ASCII,OCTETSTRING:S-1-5-21-1004336348-1177238915-682003330-512
EOF
openssl req -new -utf8 -key keys/rsa-pkcs8.pem -config requests/config.tmp -outform DER -out requests/openssl-everything.der
openssl req -new -utf8 -key keys/p256-sec1.pem -config requests/config.tmp -outform DER -out requests/openssl-everything-ec.der
rm requests/config.tmp

/usr/bin/python3 make.py
