// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <scepkit/base/error.hpp>

#include <boost/system/result.hpp>

namespace scepkit::inline v0 {

/// A value or an error. Nothing throws but `.value()`; a result that is dropped is a warning.
///
/// Derived so that the whole class can be [[nodiscard]]: an alias of boost::system::result is not.
template <class T>
class [[nodiscard]] result : public boost::system::result<T, error>
{
public:
    using boost::system::result<T, error>::result;
};

template <>
class [[nodiscard]] result<void> : public boost::system::result<void, scepkit::error>
{
public:
    // Qualified: inside this class `error` is the accessor.
    using boost::system::result<void, scepkit::error>::result;
};

/// What functions without a value return on success.
inline result<void> success() { return {}; }

} // namespace scepkit::inline v0
