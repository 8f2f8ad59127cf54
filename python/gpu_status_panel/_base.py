"""What every part needs: the log, addresses, the shapes of ASGI."""

from __future__ import annotations

import ipaddress
import logging
import os
from typing import Any, Awaitable, Callable, Dict, List, Optional, Tuple


__version__ = "0.1.0"
log = logging.getLogger("gpu_status_panel")
DEFAULT_PORT = 7870
DEFAULT_HOOK_PORT = 7871
Headers = List[Tuple[bytes, bytes]]
Scope = Dict[str, Any]
Receive = Callable[[], Awaitable[Dict[str, Any]]]
Send = Callable[[Dict[str, Any]], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only be this machine."""
    name = host.strip("[]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


WARNED: Dict[str, bool] = {}


def warn_once(key: str, message: str, *values: object) -> None:
    """Says it the first time, and again only after ``WARNED`` has forgotten it."""
    if not WARNED.get(key):
        WARNED[key] = True
        log.warning("gpu_status_panel: " + message, *values)


def int_of(variable: str) -> Optional[int]:
    text = os.environ.get(variable, "")
    return int(text) if text.isdigit() else None


def problem(code: str, message: str) -> Dict[str, Any]:
    return {"code": code, "message": message}
