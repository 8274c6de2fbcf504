// SPDX-License-Identifier: BSL-1.0
#pragma once

#if defined(_WIN32) && defined(SCEPKIT_SHARED)
#if defined(SCEPKIT_BUILDING)
#define SCEPKIT_API __declspec(dllexport)
#else
#define SCEPKIT_API __declspec(dllimport)
#endif
#elif defined(__GNUC__)
#define SCEPKIT_API __attribute__((visibility("default")))
#else
#define SCEPKIT_API
#endif

/// The version of the headers, as in the project() line.
#define SCEPKIT_VERSION "0.1.0"

namespace scepkit {

// The inline namespace carries the ABI's version into every mangled name. Rooms are opened as
// `namespace scepkit::inline v0::pki { … }`: without the middle part GCC would extend the same namespace, but Clang 14
// leaves v0 out of the names.
inline namespace v0 {
namespace asn1 {
}
namespace pki {
}
namespace cms {
}
namespace scep {
}
namespace http {
}
namespace net {
}
namespace facts {
}
namespace evidence {
}
namespace diagnosis {
}
namespace report {
}
namespace probe {
}
namespace simulator {
}
namespace cli {
}
} // namespace v0

} // namespace scepkit
