# SPDX-License-Identifier: BSL-1.0
"""The exceptions. Catch by class what you can do something about; `code` says exactly what happened."""
from __future__ import annotations

from typing import Optional


class ScepError(Exception):
    """The base of all. `code` is stable, the text is for people and is not."""

    code: str = ""
    diagnostic: str = ""
    layer: str = ""
    offset: Optional[int] = None
    line: Optional[int] = None
    index: Optional[int] = None
    http_status: Optional[int] = None


class PeerError(ScepError):
    """The peer or a file broke a rule; trying again changes nothing."""


class UnsupportedError(ScepError):
    """Known, and not built or not allowed here."""


class TrustError(ScepError):
    """A check of identity or integrity failed. Stop."""


class TransportError(ScepError):
    """Nothing or not enough arrived. Trying again can help."""


class LimitError(ScepError):
    """A bound of this library was reached."""


class RefusedError(ScepError):
    """The peer said no."""


class EnvironmentFault(ScepError):
    """A file or the crypto library of this machine."""


class MisuseError(ScepError, ValueError):
    """Mend the call."""


class RequestRejected(RefusedError):
    """An authenticated FAILURE: the CA's own word."""

    fail_info: Optional[str] = None
    text: str = ""
    hresult: Optional[int] = None
