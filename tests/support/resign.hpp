// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/asn1/oid.hpp>
#include <scepkit/pki/private_key.hpp>

#include <algorithm>
#include <functional>
#include <support/der_tree.hpp>

/// Signed messages changed under the signature, and signed again: what an attacker with a key of his own can send.
namespace scepkit::test {

/// The parts of a SignedData that `build_message` wrote.
struct signed_tree {
    explicit signed_tree(bytes_view message) : root(der_node::parse(message)) {}

    der_node& body() { return root[1][0]; }
    der_node& signer_info() { return body().children.back()[0]; }
    der_node& attributes()
    {
        for(auto& child : signer_info().children)
            if(child.tag == 0xa0)
                return child;
        throw std::logic_error("no signed attributes");
    }
    der_node* attribute(asn1::oid const& type)
    {
        for(auto& a : attributes().children)
            if(equal(a[0].content, type.content()))
                return &a;
        return nullptr;
    }

    /// Sorts the attributes, signs them anew and returns the message.
    bytes sign(pki::private_key const& key, pki::digest_algorithm digest = pki::digest_algorithm::sha256)
    {
        auto& list = attributes().children;
        std::sort(list.begin(), list.end(), [](auto const& a, auto const& b) { return a.encode() < b.encode(); });
        auto set = attributes();
        set.tag = 0x31;
        auto& parts = signer_info().children;
        auto const signature = std::find_if(parts.rbegin(), parts.rend(), [](auto const& p) { return p.tag == 0x04; });
        signature->content = key.sign(pki::signature_scheme::rsa_pkcs1_v1_5, digest, set.encode()).value();
        return root.encode();
    }

    der_node root;
};

inline der_node primitive(std::uint8_t tag, bytes_view content)
{
    return {.tag = tag, .content = to_bytes(content), .children = {}};
}
inline der_node primitive(std::uint8_t tag, std::string_view content) { return primitive(tag, as_bytes(content)); }
inline der_node constructed(std::uint8_t tag, std::vector<der_node> children)
{
    return {.tag = tag, .content = {}, .children = std::move(children)};
}

} // namespace scepkit::test
