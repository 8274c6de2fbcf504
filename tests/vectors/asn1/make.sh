#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# How the vectors of this folder were made: the openssl program (3.0) and pyasn1 wrote all of them.
# Keys and signatures are random, so running this again gives other bytes of the same form.
set -eu
cd "$(dirname "$0")"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$scratch/key.pem" \
    -out "$scratch/cert.pem" -subj /CN=vector -days 36500 2>/dev/null
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$scratch/rsa.pem" -out "$scratch/rsa-cert.pem" \
    -subj /CN=recipient -days 36500 2>/dev/null
head -c 5000 /dev/zero | tr '\0' x > "$scratch/content"

# A certificate and a certification request.
openssl x509 -in "$scratch/cert.pem" -outform DER -out certificate.der
openssl req -new -key "$scratch/key.pem" -subj '/C=CH/O=Zürich/CN=vector' -utf8 -addext subjectAltName=DNS:vector.example \
    -outform DER -out request.der

# SignedData with indefinite lengths and its content in pieces, and the same message as OpenSSL re-encodes it.
openssl cms -sign -binary -nodetach -stream -in "$scratch/content" -signer "$scratch/cert.pem" -inkey "$scratch/key.pem" \
    -outform DER -out signed-stream.ber
openssl cms -cmsout -inform DER -in signed-stream.ber -outform DER -out signed-stream.der

# EnvelopedData with indefinite lengths; encryptedContent is an IMPLICIT [0] in pieces.
openssl cms -encrypt -binary -stream -aes128 -in "$scratch/content" -outform DER -out enveloped-stream.ber "$scratch/rsa-cert.pem"

# Every type whose value openssl can generate by itself.
cat > "$scratch/types.cnf" <<'CNF'
asn1 = SEQUENCE:types
[types]
a = BOOLEAN:TRUE
b = INTEGER:0x0123456789abcdef0123456789abcdef
c = INTEGER:-129
d = NULL
e = OID:2.25.340282366920938463463374607431768211455
f = FORMAT:UTF8,UTF8:Zürich
g = FORMAT:UTF8,BMP:Zürich
h = FORMAT:UTF8,UNIV:Zürich
i = PRINTABLESTRING:plain
j = IA5STRING:a@b.example
k = UTCTIME:261126130151Z
l = GENERALIZEDTIME:20501126130151Z
m = FORMAT:HEX,OCT:00ff
n = FORMAT:BITLIST,BITSTRING:0,5
o = FORMAT:HEX,BITSTRING:0102
p = ENUM:3
q = EXPLICIT:0,INTEGER:65537
r = IMPLICIT:1,OCT:text
s = SET:set
[set]
a = INTEGER:1
CNF
openssl asn1parse -genconf "$scratch/types.cnf" -noout -out types.der

# Strings in pieces, definite and indefinite, and the same values as DER (pyasn1 0.6.5).
python3 - <<'PY'
from pyasn1.codec.ber import encoder as ber
from pyasn1.codec.der import encoder as der
from pyasn1.type import univ, char, namedtype

class Strings(univ.Sequence):
    componentType = namedtype.NamedTypes(
        namedtype.NamedType('octets', univ.OctetString()),
        namedtype.NamedType('bits', univ.BitString()),
        namedtype.NamedType('printable', char.PrintableString()),
        namedtype.NamedType('number', univ.Integer()))

value = Strings()
value['octets'] = bytes(range(200))
value['bits'] = univ.BitString(hexValue='0123456789abcdef' * 6)[:-3]
value['printable'] = 'nothing special'
value['number'] = 42
open('strings.der', 'wb').write(der.encode(value))
open('strings-pieces.ber', 'wb').write(ber.encode(value, defMode=True, maxChunkSize=16))
open('strings-indefinite.ber', 'wb').write(ber.encode(value, defMode=False, maxChunkSize=16))
PY
