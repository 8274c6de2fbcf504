// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <utility>

namespace scepkit::inline v0::scep::detail {

/// An element for an unordered container that has room for it by then: inserting it needs no memory and cannot fail.
template <class Container>
typename Container::node_type new_node(Container& container, typename Container::value_type element)
{
    Container one;
    one.insert(std::move(element));
    // Doubled, as inserting does: `reserve` alone would fit the table to its elements again and again. One place stays
    // free, for an empty table has a bucket and no room.
    auto const room =
        static_cast<std::size_t>(container.max_load_factor() * static_cast<float>(container.bucket_count()));
    if(container.size() + 1 >= room)
        container.reserve(2 * (container.size() + 2));
    return one.extract(one.begin());
}

} // namespace scepkit::inline v0::scep::detail
