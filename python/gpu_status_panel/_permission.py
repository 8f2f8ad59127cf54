"""Who may look at a mounted panel, and who may release."""

from __future__ import annotations

import inspect
import ipaddress
import re
from typing import Any, Callable, Protocol, Sequence, Union, runtime_checkable
from urllib.parse import urlsplit

from ._asgi import header_of
from ._base import Headers, Scope, is_loopback, warn_once


@runtime_checkable
class OfTheApp(Protocol):
    """A decision that rests with the app that is asked."""

    def decision_for(self, scope: Scope) -> Union[bool, Callable[[Scope], Any]]: ...


Decision = Union[bool, Callable[[Scope], Any], OfTheApp]
"""Yes, no, or what a function says of a request; it may be async."""
PRIVATE_NAME = re.compile(r"\.(?:local|lan|internal|localdomain|home\.arpa)$")


class Permission:
    """Who may do what, on one mounted panel."""

    def __init__(self, allow_view: Decision, allow_release: Decision, origins: Sequence[str]) -> None:
        self._allow_view = allow_view
        self._allow_release = allow_release
        self._origins = tuple(origins)

    def is_own_origin(self, headers: Headers) -> bool:
        """Whether a request comes from a page of the app, or from no page. CORS does not guard a WebSocket: this does."""
        origin = header_of(headers, b"origin")
        if not origin:
            return header_of(headers, b"sec-fetch-site") not in ("cross-site",) or header_of(headers, b"sec-fetch-mode") == "navigate"
        if origin in self._origins or "*" in self._origins:
            return True
        # A page cannot set X-Forwarded-Host for another origin without being asked first, and never on a WebSocket.
        hosts = {header_of(headers, b"host"), *(one.strip() for one in header_of(headers, b"x-forwarded-host").split(","))}
        own = authority_of(origin)
        # `null`, as a sandboxed frame sends it, has no authority, and is not that of a host without a port.
        return own != "" and own in {authority_of(f"{origin.split(':', 1)[0]}://{host}") for host in hosts if host}

    async def may_look(self, scope: Scope) -> bool:
        return await said_by(resolved(self._allow_view, scope), scope)

    async def may_release(self, scope: Scope) -> bool:
        """Whether this request may act for the app."""
        decision = resolved(self._allow_release, scope)
        headers = scope["headers"]
        if decision is False or not self.is_own_origin(headers) or header_of(headers, b"sec-fetch-site") in ("cross-site", "same-site"):
            return False
        if decision is True and not self._is_safe_name(headers):
            warn_once("name", "releasing from %s is refused: name it with mount(…, allow_origin=[…])", header_of(headers, b"host"))
            return False
        return await said_by(decision, scope)

    def _is_safe_name(self, headers: Headers) -> bool:
        """Not a name that somebody could register and point at this machine, to have a page of his be one of ours."""
        host = header_of(headers, b"host")
        if any(authority_of(one) == authority_of(f"{one.split(':', 1)[0]}://{host}") for one in self._origins):
            return True
        name = re.sub(r":\d+$", "", host).strip("[]").lower()
        if is_loopback(name) or "." not in name or PRIVATE_NAME.search(name):
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


def resolved(decision: Decision, scope: Scope) -> Union[bool, Callable[[Scope], Any]]:
    """What the app itself decides, where the decision was left to it."""
    if isinstance(decision, OfTheApp):
        return decision.decision_for(scope)
    return decision


async def said_by(decision: Union[bool, Callable[[Scope], Any]], scope: Scope) -> bool:
    """True, False, or what the host's function says of this request."""
    if not callable(decision):
        return bool(decision)
    said = decision(scope)
    return bool(await said if inspect.isawaitable(said) else said)


def authority_of(origin: str) -> str:
    """``host:port`` of an origin, the default port of its scheme spelt out; empty for what is no origin."""
    try:
        parts = urlsplit(origin)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
        return f"{parts.hostname}:{port}" if parts.hostname and port else ""
    except ValueError:
        return ""
