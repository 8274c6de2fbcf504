// SPDX-License-Identifier: BSL-1.0
// Every public library is made of its rooms' objects; CMake wants one source of its own beside them.
