#!/usr/bin/python3
# SPDX-License-Identifier: BSL-1.0
"""Rewrites DER as BER: indefinite lengths outside certificates, OCTET STRINGs and [0] strings in pieces.

Usage: to_ber.py IN OUT. What Apple's and Cisco's encoders send; openssl reads the result.
"""
import sys

PIECE = 30


def header(tag, length):
    if length < 128:
        return bytes([tag, length])
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + length.to_bytes(size, "big")


def read(data, at):
    tag, first, start = data[at], data[at + 1], at + 2
    length = first
    if first & 0x80:
        size = first & 0x7F
        length = int.from_bytes(data[start:start + size], "big")
        start += size
    return tag, data[start:start + length], start + length


def children(content):
    at, found = 0, []
    while at < len(content):
        start = at
        tag, inside, at = read(content, at)
        found.append((tag, inside, content[start:at]))
    return found


def pieces(tag, content):
    body = b"".join(header(4, len(content[i:i + PIECE])) + content[i:i + PIECE]
                    for i in range(0, len(content), PIECE))
    return bytes([tag | 0x20, 0x80]) + body + b"\0\0"


def to_ber(tag, content, encoded, depth):
    # Certificates and signed attributes stay as they are: their signatures are over DER.
    if depth > 5 or (depth == 4 and tag == 0x30 and len(content) > 300):
        return encoded
    if tag in (0x04, 0x80) and len(content) > PIECE:
        return pieces(tag, content)
    if tag & 0x20 == 0:
        return encoded
    body = b"".join(to_ber(*child, depth + 1) for child in children(content))
    return bytes([tag, 0x80]) + body + b"\0\0"


with open(sys.argv[1], "rb") as source:
    der = source.read()
tag, content, end = read(der, 0)
with open(sys.argv[2], "wb") as target:
    target.write(to_ber(tag, content, der, 0))
