"""Whether the sidecar answers at all: one that hangs must not hold every job up."""

from __future__ import annotations

import threading
import time

from ._api import Sidecar, Unreachable
from ._base import warn_once


PROBE_S = 1.0
BETWEEN_PROBES_S = 2.0


class Contact:
    """Asked before a job asks for room. After silence only a thread beside asks on, until there is an answer."""

    def __init__(self, sidecar: Sidecar) -> None:
        self._sidecar = sidecar
        self._lock = threading.Lock()
        self._is_lost = False

    def is_there(self) -> bool:
        """Blocks for a second at most, and only the first that find out."""
        if not self._is_lost and self._probe():
            return True
        with self._lock:
            was_lost, self._is_lost = self._is_lost, True
        if was_lost:
            return False
        warn_once("down", "the sidecar does not answer, jobs run without admission")
        threading.Thread(target=self._look_out, name="gpu-status-panel", daemon=True).start()
        return False

    def _probe(self) -> bool:
        try:
            self._sidecar.call("GET", "healthz", timeout=PROBE_S)
        except Unreachable:
            return False
        return True

    def _look_out(self) -> None:
        while not self._probe():
            time.sleep(BETWEEN_PROBES_S)
        self._is_lost = False
