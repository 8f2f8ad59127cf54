"""The job of a call that Gradio makes."""

from __future__ import annotations

import contextlib
import os
import threading
from typing import Any, Callable, Dict, Iterator, Optional

from ._admission import Forgotten
from ._api import Answer, CALL_TIMEOUT_S, Unreachable
from ._base import log
from ._contact import Contact
from ._gate import GATE
from ._jobs import Job, given_up
from ._report import JobError, JobRefused, JobSettings
from ._threads import beside_this


ASKING = threading.BoundedSemaphore(4)
"""Of a crowd so many ask at once: more of them would only make the sidecar too slow for all."""
TRIES = 3
"""So often it is asked while it answers at all: slow is not gone, and who is let through at once is counted by nobody."""


class WatchedJob(Job):
    """A job that was not declared but supposed, as a watched function was called."""

    def __init__(self, settings: JobSettings, contact: Contact, on_wait: Callable[[Dict[str, Any]], Optional[str]]) -> None:
        super().__init__(settings)
        self._contact = contact
        self._on_wait = on_wait
        self.gave_way = False
        self.has_left = False
        """Nobody waits for it any more."""
        self._turn = threading.Lock()
        self._is_taken = False
        """By the function's own thread, which ends it."""

    def _ask(self) -> None:
        for left in reversed(range(TRIES)):
            if not self._contact.is_there():
                self.is_unheard = True
                return
            try:
                return super()._ask()
            except Unreachable as error:
                if left == 0:
                    raise
                if isinstance(error, Forgotten):
                    self.id, self._request_id = None, os.urandom(16).hex()
                    self._wake.set()

    @contextlib.contextmanager
    def _in_turn(self) -> Iterator[None]:
        with ASKING:
            # Much may have happened since it queued up.
            if self._abandoned.is_set():
                raise JobError("given up while waiting")
            if self._contact.is_lost:
                raise Unreachable("it does not answer")
            yield

    def _sees_gpus(self) -> bool:
        with self._in_turn():
            return super()._sees_gpus()

    def _call_patiently(self, method: str, path: str, body: Optional[Dict[str, Any]] = None, timeout: float = CALL_TIMEOUT_S) -> Answer:
        if method != "POST":
            return super()._call_patiently(method, path, body, timeout)
        with self._in_turn():
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
        if self._late is not None:
            self._late.end()
        if self.id is not None and not self.is_part:
            self._sidecar_forgets()

    def _sidecar_forgets(self) -> None:
        try:
            self._sidecar.call("DELETE", f"api/v1/jobs/{self.id}", {"outcome": "done"})
        except Unreachable as error:
            log.debug("gpu_status_panel: the sidecar was not told: %s", error)

    def begin(self) -> None:
        with self._turn:
            if self._abandoned.is_set():
                raise JobError("given up before it began")
            self._is_taken = True
        try:
            super().begin()
        except BaseException:
            self.give_up()
            raise
        # Given up while models came back.
        if self._abandoned.is_set():
            self.end(given_up(), beside=True)

    def leave_unbegun(self) -> None:
        """Its function will not begin any more. One that has begun in a thread runs on, whatever its visitor does."""
        with self._turn:
            if self._is_taken:
                return
            self._abandoned.set()
        if self.id is not None and not self._stop.is_set():
            beside_this(self._abandon)
