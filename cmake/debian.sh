# SPDX-License-Identifier: BSL-1.0
# Sourced by examples/demo and tests/run: steps with names, and the installing of Debian packages.

step() { printf '\n== %s\n' "$*"; }
fail() { printf '\n%s\n' "$*" >&2; exit 1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null 2>&1; then sudo "$@"; else
        fail "Installing packages needs root: run this as root, or install sudo."
    fi
}

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

openssl_is_fixed() {
    installed libssl3 && dpkg --compare-versions "$(dpkg-query -W -f '${Version}' libssl3)" ge 3.0.21
}

# install_packages NAME… : installs what is missing and brings OpenSSL up to Debian's security update; removes nothing.
install_packages() {
    local name missing=()
    command -v apt-get >/dev/null 2>&1 || fail "This needs apt-get: the packages are Debian 12's."
    for name in "$@"; do installed "$name" || missing+=("$name"); done
    if [ ${#missing[@]} = 0 ] && openssl_is_fixed; then
        echo "All packages are there already."
        return
    fi
    for name in "${missing[@]}"; do
        if [ "$name" = libboost1.81-dev ] && installed libboost1.74-dev; then
            fail "Boost 1.74's headers (libboost1.74-dev) are installed and exclude libboost1.81-dev, which scepkit needs.
Nothing was removed. If no other project needs them: apt-get remove libboost1.74-dev, then run this again."
        fi
    done
    echo "Installing ${#missing[@]} packages: ${missing[*]}"
    local log
    log=$(mktemp)
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q update >"$log" 2>&1 ||
        { tail -n 20 "$log" >&2; fail "apt-get update failed: are Debian's sources reachable?"; }
    # libssl3 and openssl are named so that they are brought up to date with libssl-dev.
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-remove --no-install-recommends install \
        libssl3 openssl "${missing[@]}" >"$log" 2>&1 </dev/null ||
        { tail -n 20 "$log" >&2; fail "apt-get install failed; nothing was removed. The lines above say why."; }
    rm -f "$log"
    if ! openssl_is_fixed; then
        echo "OpenSSL here is $(dpkg-query -W -f '${Version}' libssl3), older than 3.0.21: Debian's security source is not set up."
        echo "Add 'deb http://deb.debian.org/debian-security bookworm-security main' to apt's sources. Going on."
    fi
}

# What building needs; what the tests need besides.
build_packages=(g++ cmake ninja-build libssl-dev libboost1.81-dev libboost-url1.81-dev libboost-json1.81-dev
    libmsgsl-dev libcli11-dev ca-certificates)
test_packages=(ccache pkg-config binutils libgtest-dev libgmock-dev libbenchmark-dev pybind11-dev python3 python3-dev python3-pytest
    python3-cryptography mypy openssl procps scep strongswan-pki libstrongswan-standard-plugins
    libstrongswan-extra-plugins libcharon-extra-plugins certmonger softhsm2 opensc libp11-kit-dev)
