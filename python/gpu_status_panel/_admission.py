"""A job asks for room, and waits for it."""

from __future__ import annotations

import os
import threading
import time
from typing import Any, Dict, List, Optional, Tuple
from urllib.parse import quote

from ._api import ASK_TIMEOUT_S, Answer, CALL_TIMEOUT_S, Sidecar, Unreachable
from ._base import WARNED, int_of, log, warn_once
from ._gate import GATE
from ._places import allowed_gpus, device_of
from ._profiles import find_profile
from ._report import JobError, JobRefused, JobSettings, JobTimeout, UnknownProfile
from ._torchrun import torchrun_id
from ._within import job_around


WAIT_SLICE_S = 5.0
SIDECAR_PATIENCE_S = 10.0
"""How long a waiting job puts up with a sidecar that is away (a restart) before it runs without it."""


class Forgotten(Unreachable):
    """The sidecar answers, and knows nothing of a job that waited any more."""


class Admission:
    """A job up to its start, at the sidecar."""

    def __init__(self, settings: JobSettings) -> None:
        self._settings = settings
        self._sidecar = Sidecar(settings.url, settings.token)
        self._rank = int_of("LOCAL_RANK") or 0
        self._request_id = torchrun_id() or os.urandom(16).hex()
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._abandoned = threading.Event()
        self._asked_at = time.monotonic()
        self._gpus: List[Dict[str, Any]] = []
        self._unanswered: Optional[Dict[str, Any]] = None
        """What was asked of a sidecar that has not answered, and may have heard it."""
        self.id: Optional[str] = None
        """The sidecar's name for the job; ``None`` when it runs without it."""
        self.is_part = False
        """``gpu-status-panel run`` has asked for the whole program, and tells how it ends: that reservation is this one's too."""
        self.is_unheard = False
        """It runs without a sidecar that may answer later."""
        self.gpu_indexes: Tuple[int, ...] = ()
        """GPUs that are reserved for it, as nvidia-smi numbers them; empty when the sidecar was not there."""
        self.device: Optional[str] = None
        """The first of them as PyTorch names it in this process (``cuda:0``); ``None`` when it is not known."""

    def _beat(self, job_id: Optional[str]) -> None:
        raise NotImplementedError

    def admit(self) -> None:
        """Blocks until the job may run. Whatever is wrong with the sidecar, it may."""
        try:
            self._ask()
        except Unreachable as error:
            if not self._abandoned.is_set():
                warn_once("down", "the sidecar is not there, jobs run without admission (%s)", error)
            self.is_unheard = True
            return
        except BaseException:
            self._abandon()
            raise
        WARNED.pop("down", None)
        if self._abandoned.is_set():
            self._abandon()

    def _ask(self) -> None:
        if not self._sees_gpus():
            warn_once("no-gpus", "the sidecar shows simulated GPUs or a recording, jobs run without admission")
            return
        if self._sidecar.stranger is not None:
            warn_once("stranger", "jobs ask the panel of another user (%s) at %s; GPU_PANEL_URL names another one", self._sidecar.stranger, self._sidecar.url)
        around = job_around(self._sidecar)
        if around is not None:
            return self._take_part(around)
        try:
            body = self._body()
        except UnknownProfile as error:
            return self._refuse(error)
        self._unanswered = body
        answer = self._call_patiently("POST", "api/v1/jobs", body, ASK_TIMEOUT_S)
        self._unanswered = None
        if answer.status in (200, 201, 202):
            given = answer.body.get("id")
            if not isinstance(given, str):
                raise Unreachable(f"what answers at {self._sidecar.url} is not the sidecar")
            # Asked again it may be the same job, whose thread lives.
            if given != self.id:
                self.id = given
                self._begin_to_beat()
            self._await_start(answer)
        elif answer.status == 409:
            self._refuse(JobRefused(answer.message))
        elif answer.body.get("code") == "unknown-profile":
            self._refuse(UnknownProfile(answer.message))
        elif answer.status in (401, 403):
            warn_once("token", "the sidecar does not take jobs from here, they run without admission: %s Set GPU_PANEL_TOKEN.", answer.message)
        else:
            warn_once(f"http-{answer.status}", "the sidecar does not take the job, it runs without admission: %s", answer.message)

    def _take_part(self, around: Dict[str, Any]) -> None:
        """Runs at once in what the program has; asking again would reserve twice, and wait for the program's own end."""
        self.is_part, self.id = True, str(around.get("id"))
        self._begin_to_beat()
        self._see_places(around)

    def _begin_to_beat(self) -> None:
        threading.Thread(target=self._beat, args=(self.id,), name="gpu-status-panel-heartbeat", daemon=True).start()

    def _sees_gpus(self) -> bool:
        """Whether the sidecar looks at real GPUs. A demo that somebody asked for is there to be tried, jobs and all."""
        # Of a group by its names alone: the states of two hundred hosts are larger than any answer that is read.
        shown = self._sidecar.call("GET", "api/v1/state?hosts=names").body.get("state")
        source = shown.get("source") if isinstance(shown, dict) else None
        gpus = shown.get("gpus") if isinstance(shown, dict) else None
        self._gpus = [gpu for gpu in gpus if isinstance(gpu, dict)] if isinstance(gpus, list) else []
        if not isinstance(source, dict):
            return True
        return source.get("kind") != "replay" and source.get("demoReason") != "no-nvidia-smi"

    def _refuse(self, error: JobError) -> None:
        if self._settings.if_refused == "raise":
            raise error
        log.warning("gpu_status_panel: the job runs although the sidecar refuses it: %s", error)

    def _await_start(self, answer: Answer) -> None:
        if answer.body.get("state") != "waiting":
            return self._take(answer)
        GATE.waiting += 1
        try:
            while answer.body.get("state") == "waiting":
                self._tell_waiting(answer)
                slice_s = WAIT_SLICE_S
                if self._settings.max_wait is not None:
                    left = self._asked_at + self._settings.max_wait - time.monotonic()
                    if left <= 0:
                        raise JobTimeout(f"no room within {self._settings.max_wait:g} s: {reason_of(answer)}")
                    slice_s = min(slice_s, max(1.0, left))
                if self._abandoned.is_set():
                    raise JobError("given up while waiting")
                answer = self._call_patiently("GET", f"api/v1/jobs/{quote(self.id or '')}?wait={int(slice_s)}", timeout=slice_s + CALL_TIMEOUT_S)
                if answer.status == 404:
                    raise Forgotten("the sidecar has forgotten the job")
        finally:
            GATE.waiting -= 1
        self._take(answer)

    def _tell_waiting(self, answer: Answer) -> None:
        position, reason = answer.body.get("position"), reason_of(answer)
        log.debug("gpu_status_panel: waiting, place %s: %s", position, reason)
        if self._settings.on_wait is not None:
            self._settings.on_wait(position if isinstance(position, int) else 0, reason)

    def _take(self, answer: Answer) -> None:
        if answer.body.get("state") != "running":
            # It fell silent while it waited, as a laptop does that slept.
            raise Forgotten(f"the job is {answer.body.get('state', 'unknown')} at the sidecar")
        self._see_places(answer.body)
        if self.id is not None and self._is_first_here() and answer.body.get("pid") is None:
            self._call_patiently("PATCH", f"api/v1/jobs/{quote(self.id)}", {"pid": os.getpid()})

    def _see_places(self, told: Dict[str, Any]) -> None:
        indexes = told.get("gpus")
        self.gpu_indexes = tuple(index for index in indexes if isinstance(index, int)) if isinstance(indexes, list) else ()
        self.device = device_of(self.gpu_indexes[0], self._gpus) if self.gpu_indexes else None

    def _is_first_here(self) -> bool:
        return self._rank == 0 and self._sidecar.is_local

    def _call_patiently(self, method: str, path: str, body: Optional[Dict[str, Any]] = None, timeout: float = CALL_TIMEOUT_S) -> Answer:
        """Calls again while a sidecar that had answered before is away, or asks to be left in peace for a while."""
        until = time.monotonic() + SIDECAR_PATIENCE_S
        while True:
            try:
                answer = self._sidecar.call(method, path, body, timeout)
                if answer.status != 429 or answer.body.get("code") != "too-many-requests" or time.monotonic() >= until:
                    return answer
            except Unreachable:
                if self.id is None or time.monotonic() >= until:
                    raise
            if self._abandoned.wait(0.5):
                raise JobError("given up while waiting")

    def _body(self) -> Dict[str, Any]:
        given = self._settings
        profile, gpus = find_profile(self._sidecar, given)
        count = given.gpus or int_of("LOCAL_WORLD_SIZE") or gpus or 1
        body: Dict[str, Any] = {
            "label": given.label,
            "profile": profile,
            "peakMiB": given.peak_mib,
            "signature": given.signature,
            "asker": given.asker,
            "gpus": count,
            "gpuIndexes": allowed_gpus(given.gpu_indexes, count, self._gpus),
            "backend": given.backend,
            # A job ends with its process: of the ranks of one torchrun that is the first, whichever asked first.
            # On another machine the number is somebody else's.
            "pid": os.getpid() if self._is_first_here() else None,
            "ttlSeconds": given.ttl,
            "wait": given.wait,
            "requestId": self._request_id,
        }
        return {key: value for key, value in body.items() if value is not None}

    def describe_late(self) -> Optional[Dict[str, Any]]:
        """What is told of it once the sidecar answers; ``None``: nothing."""
        if self._rank > 0 or not self._sees_gpus() or job_around(self._sidecar) is not None:
            return None
        self._leave_queue()
        body = self._body()
        del body["wait"]
        return body

    def _leave_queue(self) -> None:
        """One that gave up waiting on a silent sidecar still stands in its queue: let in there, it would count twice."""
        if self.id is None and self._unanswered is not None:
            # By its requestId it is the same job where it was heard; where not, it is withdrawn at once.
            given = self._sidecar.call("POST", "api/v1/jobs", self._unanswered).body.get("id")
            self.id, self._unanswered = given if isinstance(given, str) else None, None
        left, self.id = self.id, None
        if left is None:
            return
        try:
            self._sidecar.call("DELETE", f"api/v1/jobs/{quote(left)}", {"outcome": "failed"})
        except Unreachable:
            self.id = left
            raise

    def _abandon(self) -> None:
        self._stop.set()
        self._wake.set()
        if self.id is None or self._rank > 0 or self.is_part:
            return
        try:
            self._sidecar.call("DELETE", f"api/v1/jobs/{quote(self.id)}", {"outcome": "failed"})
        except Unreachable:
            pass


def reason_of(answer: Answer) -> str:
    reason = answer.body.get("reason")
    return str(reason.get("message", "")) if isinstance(reason, dict) else ""
