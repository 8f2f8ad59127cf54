"""A job that asks for room, runs and tells how it ended."""

from __future__ import annotations

import contextvars
import threading
import time
from typing import Any, Dict, List, Optional, Tuple
from urllib.parse import quote

from ._admission import Admission
from ._allocator import allocator_figures, begin_peak, is_out_of_vram, peaks
from ._api import Unreachable
from ._base import log
from ._gate import GATE
from ._late import tell_late
from ._report import JobReport, JobSettings
from ._running import RunningJob
from ._threads import beside_this


HEARTBEATS_PER_TTL = 3
BETWEEN_PHASES_S = 0.5
MOST_PHASES = 1000
LAST_PHASE_PATIENCE_S = 1.0


CURRENT_JOB: contextvars.ContextVar[Optional[Job]] = contextvars.ContextVar("gpu_status_panel_job", default=None)


def current_job() -> Optional[Job]:
    """The innermost job that runs here, so that a pipeline's callback can tell its phase."""
    return CURRENT_JOB.get()


class Job(Admission):
    """A job that runs: made by ``job``, never by hand."""

    def __init__(self, settings: JobSettings) -> None:
        super().__init__(settings)
        self._begun = False
        self._ended = threading.Lock()
        self._phase: Optional[str] = None
        self._telling = threading.Lock()
        self._told: Optional[str] = None
        self._phases: List[Tuple[str, float]] = []
        self._started_at = self._asked_at
        self._allocated_before: Optional[int] = None
        self._context: Optional[contextvars.Token[Optional[Job]]] = None
        self.alone = True
        self._late: Optional[RunningJob] = None
        self.report: Optional[JobReport] = None
        """There once the job has ended."""

    def phase(self, name: str) -> None:
        """Tells what the job does now, for people and for the two humps of a two-model job. Costs no waiting."""
        if not name:
            raise ValueError("gpu_status_panel: a phase has a name")
        # A progress bar may call this at every step.
        if name[:80] == self._phase:
            return
        self._phase = name[:80]
        if len(self._phases) < MOST_PHASES:
            self._phases.append((self._phase, time.monotonic() - self._started_at))
        self._wake.set()
        if self._late is not None:
            self._late.phase(self._phase)

    def start(self) -> None:
        """``admit`` and ``begin`` for a thread beside the one that may give up."""
        self.admit()
        if self._abandoned.is_set():
            return
        self.begin()
        if self._abandoned.is_set():
            self.end(given_up())

    def give_up(self) -> None:
        """Ends a job whose ``start`` is under way in another thread. Returns at once."""
        self._abandoned.set()
        threading.Thread(target=self._give_up, name="gpu-status-panel", daemon=True).start()

    def _give_up(self) -> None:
        if self._begun:
            self.end(given_up())
        else:
            self._abandon()

    def give_way(self) -> None:
        """Another job begins inside it: both count, unless this one was only supposed."""

    # While it runs

    def _beat(self, job_id: Optional[str]) -> None:
        """Signs of life, from its own thread; the sidecar frees the room of a job that sends none."""
        # Forgotten there and asked for again it has another id, and a thread for that.
        while not self._stop.is_set():
            self._wake.wait(self._settings.ttl / HEARTBEATS_PER_TTL)
            self._wake.clear()
            try:
                with self._telling:
                    if self._stop.is_set() or job_id is None or self.id != job_id:
                        return
                    phase = self._phase
                    news = {"phase": phase} if phase != self._told else None
                    answer = self._sidecar.call("PATCH", f"api/v1/jobs/{quote(job_id)}", news)
            except Unreachable as error:
                log.debug("gpu_status_panel: no heartbeat: %s", error)
                continue
            if answer.status in (404, 409) and not self._stop.is_set() and self.id == job_id:
                # That of `run` is told anew by `run`, and one that runs without admission by its own thread.
                if self.is_part or self.is_unheard:
                    return
                log.warning("gpu_status_panel: the sidecar no longer counts this job, its room may be given to others: %s", answer.message)
                return
            if answer.status < 300:
                self._told = phase
            # Of phases in quick succession the last is told: the sidecar limits how often it is called.
            self._stop.wait(BETWEEN_PHASES_S)

    def begin(self) -> None:
        """The admitted job starts: the body comes next."""
        GATE.enter(self)
        try:
            GATE.before_run()
        except BaseException:
            GATE.leave(self)
            raise
        self._started_at = time.monotonic()
        if self.alone:
            begin_peak()
        figures = allocator_figures()
        self._allocated_before = figures["allocated_mib"] if figures else None
        if self.is_unheard:
            self._late = tell_late(self._settings, self.describe_late)
        self._begun = True

    def enter_context(self) -> None:
        self._context = CURRENT_JOB.set(self)

    def leave_context(self) -> None:
        if self._context is not None:
            try:
                CURRENT_JOB.reset(self._context)
            except ValueError:  # A generator that is closed from elsewhere.
                pass
            self._context = None

    def end(self, error: Optional[BaseException], beside: bool = False) -> None:
        """The body has ended: measures, and tells the sidecar. Once only. ``beside``: who calls does not wait for that."""
        if not self._ended.acquire(blocking=False):
            return
        duration_s = time.monotonic() - self._started_at
        allocated, reserved = peaks() if self.alone else (None, None)
        figures = allocator_figures() if self.alone else None
        after, before = (figures or {}).get("allocated_mib"), self._allocated_before
        GATE.leave(self)
        self.report = JobReport(
            outcome="done" if error is None else "failed",
            out_of_memory=is_out_of_vram(error),
            admitted=self.id is not None,
            waited_s=self._started_at - self._asked_at,
            duration_s=duration_s,
            peak_allocated_mib=allocated,
            peak_reserved_mib=reserved,
            delta_mib=None if after is None else after - (before or 0),
            phases=tuple(self._phases),
        )
        log.info(
            "gpu_status_panel: job %s in %.1f s after waiting %.1f s; peak %s MiB in tensors, %s MiB reserved; %s MiB left behind",
            "ran out of memory" if self.report.out_of_memory else self.report.outcome,
            duration_s,
            self.report.waited_s,
            *("—" if one is None else one for one in (allocated, reserved, self.report.delta_mib)),
        )
        report = self.report
        # A generator is closed wherever its last reference goes, often on an event loop.
        if beside or isinstance(error, GeneratorExit):
            beside_this(lambda: self._finish(report))
        else:
            self._finish(report)

    def _finish(self, report: JobReport) -> None:
        self._stop.set()
        self._wake.set()
        if self._late is not None:
            self._late.end(failed=report.outcome != "done", out_of_memory=report.out_of_memory, peak_mib=report.peak_reserved_mib or report.peak_allocated_mib)
        # Of the ranks of one torchrun the first speaks for all.
        if self.id is None or self._rank > 0:
            return
        body: Dict[str, Any] = {"outcome": report.outcome, "oom": report.out_of_memory}
        if report.peak_reserved_mib or report.peak_allocated_mib:
            body["peakMiB"] = report.peak_reserved_mib or report.peak_allocated_mib
        # A phase that is on its way would arrive after the last one; a sidecar that does not answer is not waited for.
        in_turn = self._telling.acquire(timeout=LAST_PHASE_PATIENCE_S)
        try:
            # A short job may have ended before its own thread has told its last phase.
            if self._phase != self._told:
                self._sidecar.call("PATCH", f"api/v1/jobs/{quote(self.id)}", {"phase": self._phase})
            if not self.is_part:
                self._sidecar.call("DELETE", f"api/v1/jobs/{quote(self.id)}", body)
        except Unreachable as error:
            log.warning("gpu_status_panel: the sidecar was not told that the job has ended; its room is free in %d s: %s", self._settings.ttl, error)
        finally:
            if in_turn:
                self._telling.release()


def given_up() -> BaseException:
    import asyncio

    return asyncio.CancelledError()
