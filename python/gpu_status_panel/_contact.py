"""Whether the sidecar answers at all: one that hangs must not hold every job up."""

from __future__ import annotations

import threading
import time

from ._api import Sidecar, Unreachable
from ._base import warn_once


PROBE_S = 2.0
PROBES_AT_WORK = 3
"""A sidecar that has work and gets no turn on a machine that is busy is asked so often: who is let through is counted by nobody."""
GOOD_FOR_S = 0.02
"""A crowd shares one probe; a visitor who comes right after another must not run into a sidecar that hangs by now."""
BETWEEN_PROBES_S = 2.0


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

        One that was stopped is found out at once, and one that has work is given longer.
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
        for _ in range(PROBES_AT_WORK):
            try:
                if self._sidecar.whoami(timeout=PROBE_S) is None:
                    return False
                self._heard_at = time.monotonic()
                return True
            except Unreachable:
                if not self._sidecar.is_at_work:
                    return False
        return False

    def _look_out(self) -> None:
        while not self._probe():
            time.sleep(BETWEEN_PROBES_S)
        self._is_lost = False
