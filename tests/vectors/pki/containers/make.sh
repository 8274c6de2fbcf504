#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Makes every other file of this folder anew, with the openssl program (3.0) and python3-cryptography.
# The keys are throw-away keys; nothing outside the tests trusts them. The passphrase is "secret" unless a name says so.
set -eu
cd "$(dirname "$0")"
find . -type f ! -name 'make.*' -delete
PATH=/usr/bin:$PATH

# A CA, an RSA and an EC leaf.
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key.pem -out ca.tmp -days 3650 -subj /O=Contoso/CN=CA \
    -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
openssl req -x509 -newkey rsa:2048 -nodes -keyout other-ca.key.pem -out other-ca.tmp -days 3650 -subj /O=Contoso/CN=CA \
    -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
openssl req -x509 -key ca.key.pem -out ca-without-crl-sign.tmp -days 3650 -subj /O=Contoso/CN=CA \
    -addext keyUsage=critical,keyCertSign
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ec-ca.key.pem -out ec-ca.tmp -days 3650 \
    -subj /CN=EC 2>/dev/null
openssl req -new -newkey rsa:2048 -nodes -keyout rsa.key.pem -subj /CN=device -out request.tmp 2>/dev/null
openssl x509 -req -in request.tmp -CA ca.tmp -CAkey ca.key.pem -set_serial 17 -days 3650 -out rsa.tmp 2>/dev/null
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -keyout ec.key.pem -subj /CN=ec -out request.tmp 2>/dev/null
openssl x509 -req -in request.tmp -CA ca.tmp -CAkey ca.key.pem -set_serial 18 -days 3650 -out ec.tmp 2>/dev/null
for name in ca other-ca ca-without-crl-sign ec-ca rsa ec; do openssl x509 -in $name.tmp -outform DER -out $name.der; done

# Encrypted private keys.
encrypt() { name=$1; shift; openssl pkcs8 -topk8 -in ec.key.pem -passout pass:secret -out "key-$name.pem" "$@"; }
encrypt pbes2
encrypt pbes2-aes128-sha512 -v2 aes-128-cbc -v2prf hmacWithSHA512 -iter 10000
encrypt pbes2-des3-sha1 -v2 des3 -v2prf hmacWithSHA1
encrypt pbes1-des3 -v1 PBE-SHA1-3DES
encrypt pbes1-md5-des -v1 PBE-MD5-DES -provider legacy -provider default
encrypt pbes1-rc2 -v1 PBE-SHA1-RC2-40 -provider legacy -provider default
encrypt scrypt -scrypt
encrypt million-and-one -iter 1000001
openssl pkcs8 -topk8 -in ec.key.pem -passout pass: -out key-empty-passphrase.pem
openssl ec -in ec.key.pem -aes128 -passout pass:secret -out key-traditional.pem 2>/dev/null

# PKCS #12.
export12() { name=$1; shift; openssl pkcs12 -export -out "$name.p12" "$@"; }
rsa="-inkey rsa.key.pem -in rsa.tmp -certfile ca.tmp -passout pass:secret"
export12 default $rsa
export12 named $rsa -name device -caname authority
export12 ec -inkey ec.key.pem -in ec.tmp -passout pass:secret
export12 des3 $rsa -certpbe PBE-SHA1-3DES -keypbe PBE-SHA1-3DES -macalg sha1
export12 sha512 $rsa -macalg sha512 -certpbe AES-128-CBC
export12 plain-certificates $rsa -certpbe NONE
export12 plain-key $rsa -keypbe NONE
export12 without-iterations $rsa -noiter -nomaciter
export12 empty-passphrase -inkey rsa.key.pem -in rsa.tmp -passout pass:
export12 umlaut-passphrase -inkey rsa.key.pem -in rsa.tmp -passout pass:schlüssel
export12 without-mac $rsa -nomac
export12 without-key -nokeys -in rsa.tmp -passout pass:secret
export12 without-certificate -nocerts -inkey rsa.key.pem -passout pass:secret
export12 legacy $rsa -legacy
export12 million-and-a-half $rsa -iter 500000
: >empty.tmp
/usr/bin/python3 make.py

# Certificate revocation lists.
printf '%s\n' 'R	360101000000Z	260102030405Z,keyCompromise	0A	unknown	/CN=a' \
    'R	360101000000Z	260203040506Z	11	unknown	/CN=device' \
    'R	360101000000Z	260304050607Z,superseded	FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF	unknown	/CN=long' \
    'V	360101000000Z		12	unknown	/CN=ec' >index.tmp
echo 1000 >number.tmp
cat >config.tmp <<'END'
[ca]
default_ca = this
[this]
database = index.tmp
crlnumber = number.tmp
default_md = sha256
default_crl_days = 3650
[ext]
authorityKeyIdentifier = keyid:always
END
crl() { openssl ca -gencrl -config config.tmp -out crl.tmp "$@" 2>/dev/null; }
crl -cert ca.tmp -keyfile ca.key.pem -crlexts ext; openssl crl -in crl.tmp -outform DER -out openssl.crl; cp crl.tmp openssl.crl.pem
crl -cert ec-ca.tmp -keyfile ec-ca.key.pem -crlexts ext; openssl crl -in crl.tmp -outform DER -out openssl-ec.crl
sed -i /crlnumber/d config.tmp # Neither a number nor a reason: version 1.
sed -i 's/,[a-zA-Z]*//' index.tmp
crl -cert ca.tmp -keyfile ca.key.pem; openssl crl -in crl.tmp -outform DER -out openssl-v1.crl
: >index.tmp
crl -cert ca.tmp -keyfile ca.key.pem; openssl crl -in crl.tmp -outform DER -out openssl-empty.crl
rm -f ./*.tmp ./*.tmp.*
