"""Whether the sidecar answers at all: one that hangs must not hold every job up."""

from __future__ import annotations

import threading
import time
from typing import Dict, NamedTuple

from ._api import Sidecar, Unreachable
from ._base import warn_once


PROBE_S = 2.0
SHORT_PROBE_S = 0.3
"""Of a sidecar whose lease has been silent: it may be this process that was held up."""
GOOD_FOR_S = 0.02
"""A crowd shares one probe; a visitor who comes right after another must not run into a sidecar that hangs by now."""
BETWEEN_PROBES_S = 2.0


class Pulse(NamedTuple):
    """What comes by a lease on a sidecar: an empty line again and again."""

    heard_at: float
    silence_s: float
    """So long it may be silent."""


PULSES: Dict[str, Pulse] = {}
"""Of the sidecars that this process has a lease on, by their addresses."""


class Contact:
    """Asked before a job asks for room. After silence only a thread beside asks on, until there is an answer."""

    def __init__(self, sidecar: Sidecar) -> None:
        self._sidecar = sidecar
        self._lock = threading.RLock()
        self._heard_at = -GOOD_FOR_S
        self._is_lost = False

    @property
    def is_lost(self) -> bool:
        return self._is_lost

    def is_there(self) -> bool:
        """Blocks for two seconds at most, and only those that find out. Of many at once one asks.

        One that was stopped, or had fallen silent before, is found out at once.
        """
        if self._is_lost:
            return False
        with self._lock:
            if self._is_lost:
                return False
            if time.monotonic() - self._heard_at < GOOD_FOR_S or self._probe():
                return True
            self.lost()
        return False

    def lost(self) -> None:
        """A call had no answer: the next ones do not wait for one."""
        with self._lock:
            if self._is_lost:
                return
            self._is_lost = True
        warn_once("down", "the sidecar does not answer, jobs run without admission")
        threading.Thread(target=self._look_out, name="gpu-status-panel", daemon=True).start()

    def _probe(self) -> bool:
        try:
            if self._sidecar.whoami(timeout=SHORT_PROBE_S if self._is_silent() else PROBE_S) is None:
                return False
        except Unreachable:
            return False
        self._heard_at = time.monotonic()
        return True

    def _is_silent(self) -> bool:
        pulse = PULSES.get(self._sidecar.url)
        return pulse is not None and time.monotonic() - max(pulse.heard_at, self._heard_at) > pulse.silence_s

    def _look_out(self) -> None:
        while not self._probe():
            time.sleep(BETWEEN_PROBES_S)
        self._is_lost = False
