"""The job of a call that Gradio makes."""

from __future__ import annotations

import threading
from typing import Any, Callable, Dict, Optional

from ._api import Answer, CALL_TIMEOUT_S, Unreachable
from ._base import log
from ._contact import Contact
from ._gate import GATE
from ._jobs import Job
from ._report import JobRefused, JobSettings
from ._threads import beside_this


ASKING = threading.BoundedSemaphore(4)
"""Of a crowd so many ask at once: more of them would only make the sidecar too slow for all."""


class WatchedJob(Job):
    """A job that was not declared but supposed, as a watched function was called."""

    def __init__(self, settings: JobSettings, contact: Contact, on_wait: Callable[[Dict[str, Any]], Optional[str]]) -> None:
        super().__init__(settings)
        self._contact = contact
        self._on_wait = on_wait
        self.gave_way = False
        self.waits_as: object = None
        """Itself, among those that wait."""

    @property
    def begun(self) -> bool:
        return self._begun

    def _ask(self) -> None:
        if not self._contact.is_there():
            return
        try:
            super()._ask()
        except Unreachable:
            self._contact.lost()
            raise

    def _sees_gpus(self) -> bool:
        with ASKING:
            return super()._sees_gpus()

    def _call_patiently(self, method: str, path: str, body: Optional[Dict[str, Any]] = None, timeout: float = CALL_TIMEOUT_S) -> Answer:
        if method != "POST":
            return super()._call_patiently(method, path, body, timeout)
        with ASKING:
            return super()._call_patiently(method, path, body, timeout)

    def _tell_waiting(self, answer: Answer) -> None:
        refusal = self._on_wait(answer.body)
        if refusal is not None:
            raise JobRefused(refusal)

    def give_way(self) -> None:
        """The function declares its job by itself: that one counts, and this one never was."""
        if self.gave_way or not self._ended.acquire(blocking=False):
            return
        self.gave_way = True
        GATE.leave(self)
        self._stop.set()
        self._wake.set()
        if self.id is not None:
            self._sidecar_forgets()

    def _sidecar_forgets(self) -> None:
        try:
            self._sidecar.call("DELETE", f"api/v1/jobs/{self.id}", {"outcome": "done"})
        except Unreachable as error:
            log.debug("gpu_status_panel: the sidecar was not told: %s", error)

    def leave_unbegun(self) -> None:
        """Its function will not run any more."""
        if not self._begun:
            self._abandoned.set()
            beside_this(self._abandon)
