"""Jobs that run already: one thread tells the sidecar of them, and whoever runs them waits for nothing."""

from __future__ import annotations

import os
import threading
import time
from typing import Any, Callable, Dict, List, Optional
from urllib.parse import quote

from ._api import ASK_TIMEOUT_S, CALL_TIMEOUT_S, Answer, Sidecar, Unreachable
from ._base import WARNED, log, warn_once
from ._places import Gpus, allowed_gpus
from ._within import job_around


AWAY_S = 5.0
"""A sidecar that did not answer is left in peace for so long."""
PHASES_APART_S = 0.5
"""Of phases in quick succession the last is told: the sidecar limits how often it is called."""
BEATS_PER_TTL = 3
NEWER = {"gaveWay", "ranSeconds"}
END_PATIENCE_S = 60.0
"""How long an end that could not be told is tried again; by then the time-to-live is over."""

Describe = Callable[[], Optional[Dict[str, Any]]]
"""What ``POST /api/v1/jobs`` takes, or ``None``: it is no job for a GPU. Called in a thread of ours: it may read files."""


class RunningJob:
    """One of them. Every method returns at once, and none raises."""

    def __init__(self, tell: Callable[[], None], describe: Describe) -> None:
        self._tell = tell
        self.describe = describe
        self.request_id = os.urandom(16).hex()
        self.id: Optional[str] = None
        """The sidecar's name for it."""
        self.is_part = False
        """``gpu-status-panel run`` has asked for the whole program, and tells how it ends: that reservation is this one's too."""
        self.unanswered: Optional[Dict[str, Any]] = None
        """What was asked of a sidecar that has not answered, and may have heard it."""
        self.phase_name: Optional[str] = None
        self.told_phase: Optional[str] = None
        self.heard_at = 0.0
        """When the sidecar last heard of it."""
        self.end_body: Optional[Dict[str, Any]] = None
        self.ended_at = 0.0
        self.refused = False

    def phase(self, name: str) -> None:
        """What it does now."""
        if name and name[:80] != self.phase_name:
            self.phase_name = name[:80]
            self._tell()

    def end(self, *, failed: bool = False, out_of_memory: bool = False, peak_mib: Optional[int] = None, least_mib: Optional[int] = None, partial: bool = False, gave_way: bool = False, ran_s: Optional[float] = None) -> None:
        """It is over. ``least_mib``: what of the peak could not give way; ``partial``: some of its results were there from before.

        ``gave_way``: it lets others have the card, and its rest is another job; ``ran_s``: of that rest, how long it ran in all.
        """
        if self.end_body is not None:
            return
        body: Dict[str, Any] = {"outcome": "failed" if failed else "done", "oom": out_of_memory}
        if peak_mib:
            body["peakMiB"] = peak_mib
            if least_mib:
                body["leastMiB"] = min(least_mib, peak_mib)
        if partial or gave_way:
            body["partial"] = True
        if gave_way:
            body["gaveWay"] = True
        if ran_s is not None:
            body["ranSeconds"] = round(ran_s, 3)
        self.ended_at, self.end_body = time.monotonic(), body
        self._tell()


class RunningJobs:
    """Tells the sidecar of jobs that their host runs anyway, when they begin and when they end.

    ::

        jobs = RunningJobs()
        job = jobs.begin(lambda: {"label": "…", "peakMiB": 14_000})
        job.phase("sampling")
        job.end(peak_mib=13_500)

    A job that is over before the sidecar could be told of it is not told of at all.
    """

    def __init__(self, url: Optional[str] = None, token: Optional[str] = None, *, ttl: int = 60) -> None:
        self._sidecar = Sidecar(url, token)
        self._ttl = ttl
        self._jobs: List[RunningJob] = []
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._thread: Optional[threading.Thread] = None
        self._away_until = 0.0
        self._gpus: Gpus = []

    def begin(self, describe: Describe, admitted: Optional[str] = None, unanswered: Optional[Dict[str, Any]] = None) -> RunningJob:
        """A job has begun. Returns at once.

        ``admitted``: the sidecar's name for it where it had asked for room; ``unanswered``: what it had asked, with a
        ``requestId``, where no answer came, so that what was heard all the same is no second job.
        """
        made = RunningJob(self._wake.set, describe)
        made.id, made.unanswered, made.heard_at = admitted, unanswered, time.monotonic()
        with self._lock:
            self._jobs.append(made)
            # A fork takes no thread with it.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="gpu-status-panel-jobs", daemon=True)
                self._thread.start()
        self._wake.set()
        return made

    def _run(self) -> None:
        pause: Optional[float] = None
        while True:
            self._wake.wait(pause)
            self._wake.clear()
            with self._lock:
                known = list(self._jobs)
            for one in known:
                try:
                    over = self._tell(one)
                except Unreachable as error:
                    warn_once("down", "the sidecar is not there, jobs run without it (%s)", error)
                    self._away_until = time.monotonic() + AWAY_S
                    is_known = one.id is not None or one.unanswered is not None
                    over = one.end_body is not None and (not is_known or time.monotonic() - one.ended_at > END_PATIENCE_S)
                except Exception as error:  # No fault of ours may end this thread, or cost a job.
                    log.debug("gpu_status_panel: a job is not told of: %r", error)
                    over = True
                if over:
                    with self._lock:
                        self._jobs.remove(one)
            pause = self._pause()

    def _pause(self) -> Optional[float]:
        """Until something is due; ``None``: nothing is, before somebody calls."""
        with self._lock:
            known = [one for one in self._jobs if not one.refused]
        if not known:
            return None
        now = time.monotonic()
        due = min(self._due(one) for one in known)
        return max(0.01, max(due, self._away_until) - now)

    def _due(self, one: RunningJob) -> float:
        if one.id is None or one.end_body is not None:
            return 0.0
        apart = PHASES_APART_S if one.phase_name != one.told_phase else self._ttl / BEATS_PER_TTL
        return one.heard_at + apart

    def _tell(self, one: RunningJob) -> bool:
        """Whether it is over, and nothing is left to tell of it."""
        now = time.monotonic()
        if one.id is None and one.unanswered is None and (one.end_body is not None or one.refused):
            return one.end_body is not None
        if now < self._away_until:
            return one.end_body is not None and now - one.ended_at > END_PATIENCE_S
        if one.unanswered is not None:
            self._ask_again(one, one.unanswered)
        if one.id is None and one.end_body is None:
            self._declare(one)
        if one.id is not None and one.end_body is None and now >= self._due(one):
            self._beat(one)
        if one.id is not None and one.end_body is not None:
            return self._end(one)
        return one.end_body is not None

    def _ask_again(self, one: RunningJob, asked: Dict[str, Any]) -> None:
        """By its ``requestId`` it is the same job where it was heard; one that still waits there runs by now, and is declared as that."""
        answer = self._call("POST", "api/v1/jobs", asked, ASK_TIMEOUT_S)
        given, state = answer.body.get("id"), answer.body.get("state")
        if isinstance(given, str) and state == "waiting":
            self._call("DELETE", f"api/v1/jobs/{quote(given)}", {"outcome": "failed"})
        one.unanswered = None
        if isinstance(given, str) and state == "running":
            self._take(one, given)

    def _declare(self, one: RunningJob) -> None:
        described = one.describe()
        if described is None:
            one.refused = True
            return
        around = job_around(self._sidecar)
        if around is not None:
            one.is_part = True
            self._take(one, str(around.get("id")))
            return
        if self._sidecar.is_local and "gpuIndexes" not in described:
            described = {**described, "gpuIndexes": allowed_gpus(None, 1, self._see_gpus())}
        body = {"pid": os.getpid(), **described, "started": True, "ttlSeconds": self._ttl, "requestId": one.request_id}
        if not self._sidecar.is_local:
            # On another machine the number is somebody else's.
            del body["pid"]
        body = {key: value for key, value in body.items() if value is not None}
        answer = self._call("POST", "api/v1/jobs", body, ASK_TIMEOUT_S)
        given = answer.body.get("id")
        if answer.status in (200, 201) and isinstance(given, str):
            return self._take(one, given)
        one.refused = True
        if answer.status in (401, 403):
            warn_once("token", "the sidecar does not take jobs from here, they run undeclared: %s Set GPU_PANEL_TOKEN.", answer.message)
        elif answer.body.get("code") != "demo-machine":
            warn_once(f"http-{answer.status}", "the sidecar does not take the job, it runs undeclared: %s", answer.message)

    def _take(self, one: RunningJob, given: str) -> None:
        WARNED.pop("down", None)
        # Its first phase is told at once.
        one.id, one.heard_at = given, 0.0 if one.phase_name else time.monotonic()

    def _see_gpus(self) -> Gpus:
        """Asked for once: none is put in while a host runs."""
        if not self._gpus:
            shown = self._call("GET", "api/v1/state?hosts=names", None).body.get("state")
            gpus = shown.get("gpus") if isinstance(shown, dict) else None
            self._gpus = [gpu for gpu in gpus if isinstance(gpu, dict)] if isinstance(gpus, list) else []
        return self._gpus

    def _beat(self, one: RunningJob) -> None:
        phase = one.phase_name
        news = {"phase": phase} if phase != one.told_phase else None
        answer = self._call("PATCH", f"api/v1/jobs/{quote(one.id or '')}", news)
        one.heard_at = time.monotonic()
        if answer.status == 404 and one.is_part:
            # `run` tells a panel anew that has lost its job.
            around = job_around(self._sidecar)
            if around is not None:
                one.id, one.told_phase = str(around.get("id")), None
        elif answer.status in (404, 409):
            # It was forgotten, or taken for dead while the machine slept: it is declared anew.
            one.id, one.is_part, one.told_phase, one.request_id = None, False, None, os.urandom(16).hex()
        elif answer.status < 300:
            one.told_phase = phase

    def _end(self, one: RunningJob) -> bool:
        if one.is_part:
            # The program goes on, without a phase.
            if one.told_phase is not None:
                self._call("PATCH", f"api/v1/jobs/{quote(one.id or '')}", {"phase": None})
            return True
        # A short job may have ended before its last phase was told.
        if one.phase_name != one.told_phase:
            self._beat(one)
        if one.id is not None and one.end_body is not None:
            path, body = f"api/v1/jobs/{quote(one.id)}", one.end_body
            answer = self._call("DELETE", path, body)
            if answer.status == 400 and not NEWER.isdisjoint(body):
                # A sidecar of before takes nothing that it does not know.
                self._call("DELETE", path, {key: value for key, value in body.items() if key not in NEWER})
        return True

    def _call(self, method: str, path: str, body: Optional[Dict[str, Any]], timeout: float = CALL_TIMEOUT_S) -> Answer:
        answer = self._sidecar.call(method, path, body, timeout)
        if answer.status == 429 or answer.status >= 500 and answer.body.get("code") != "demo-machine":
            raise Unreachable(answer.message)
        return answer
