"""The job of a call that Gradio makes."""

from __future__ import annotations

from typing import Any, Callable, Dict, Optional

from ._api import Answer, Unreachable
from ._base import log
from ._contact import Contact
from ._gate import GATE
from ._jobs import Job
from ._report import JobRefused, JobSettings
from ._threads import beside_this


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
