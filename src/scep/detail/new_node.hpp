// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace scepkit::inline v0::scep::detail {

/// An element for an unordered container that has room for it by then: inserting it needs no memory and cannot fail.
template <class Container>
typename Container::node_type new_node(Container& container, typename Container::value_type element)
{
    Container one;
    one.insert(std::move(element));
    container.reserve(container.size() + 1);
    return one.extract(one.begin());
}

} // namespace scepkit::inline v0::scep::detail
