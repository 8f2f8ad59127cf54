"""How many jobs may run at once in a backend, for a queue that obeys."""

from __future__ import annotations

import time
from typing import Optional, Union
from urllib.parse import urlencode

from ._api import Answer, CALL_TIMEOUT_S, Sidecar, Unreachable
from ._base import WARNED, warn_once


SLICE_S = 30
"""The sidecar holds one answer back for so long."""
AWAY_PAUSE_S = 2.0
"""Between two tries, where nobody holds an answer back."""


class Anything:
    """What no limit is like."""


def limit(backend: str, *, unlike: Union[int, None, Anything] = Anything(), wait: float = SLICE_S, url: Optional[str] = None, token: Optional[str] = None) -> Optional[int]:
    """How many jobs may run at once in ``backend`` now, those that run included.

    ::

        most = limit("comfyui")
        while True:
            start_jobs(most)
            most = limit("comfyui", unlike=most)  # as soon as it is another one, or after 30 s

    ``None``: it is not known, and a queue goes by its own rule; so it is where there is no sidecar, or no such backend.
    ``unlike``: the limit that is known already. Another one is waited for, for ``wait`` seconds at most. It blocks: on
    an event loop ``await asyncio.to_thread(limit, "comfyui", unlike=most)``.
    """
    sidecar = Sidecar(url, token)
    if isinstance(unlike, Anything):
        return limit_in(ask_for_limit(sidecar, backend, None, 0))
    # As this route writes an ETag.
    known = '"null"' if unlike is None else f'"{unlike}"'
    until = time.monotonic() + wait
    while True:
        left = until - time.monotonic()
        answer = ask_for_limit(sidecar, backend, known, max(0, min(SLICE_S, int(left))))
        found = unlike if answer is not None and answer.status == 304 else limit_in(answer)
        rest = until - time.monotonic()
        if found != unlike or rest <= 0:
            return found
        if answer is None or answer.status != 304 or left < 1:
            time.sleep(min(AWAY_PAUSE_S, rest))


def ask_for_limit(sidecar: Sidecar, backend: str, known: Optional[str], wait_s: int) -> Optional[Answer]:
    """``None``: nobody answers."""
    query = urlencode({"backend": backend, "wait": str(wait_s)})
    try:
        answer = sidecar.call("GET", f"api/v1/limit?{query}", None, wait_s + CALL_TIMEOUT_S, {} if known is None else {"if-none-match": known})
    except Unreachable as error:
        warn_once("limit-down", "the sidecar is not there, no limit is known (%s)", error)
        return None
    WARNED.pop("limit-down", None)
    return answer


def limit_in(answer: Optional[Answer]) -> Optional[int]:
    if answer is None:
        return None
    if answer.status >= 400:
        warn_once(f"limit-{answer.status}", "no limit is known: %s", answer.message)
    told = answer.body.get("limit")
    return told if isinstance(told, int) and not isinstance(told, bool) else None
