"""Every run of the WebUI is declared as a job, and ends as the run did, whatever becomes of it.

Nothing here may delay a run or break one: the sidecar is told by a thread, and what fails is logged for developers.
"""

from __future__ import annotations

import functools
import logging
from typing import Any, Callable, Dict, List, Optional

log = logging.getLogger("gpu_status_panel")
WRAPPED = "__gpu_status_panel_run__"

Describe = Callable[[Any], Optional[Dict[str, Any]]]
"""What is told of a processing object; ``None``: too little is known of it."""


class Run:
    def __init__(self, p: Any, job: Any) -> None:
        self.p, self.job = p, job


class RunWatch:
    """Sees runs begin and end. One runs at a time: the WebUI's lock sees to that."""

    def __init__(self, panel: Any, jobs: Any, describe: Describe, is_interrupted: Callable[[], bool]) -> None:
        self._panel = panel
        self._jobs = jobs
        self._describe = describe
        self._is_interrupted = is_interrupted
        self._under_way: List[Any] = []
        """Processing objects whose run is in a wrapped function now, the outermost first."""
        self._now: Optional[Run] = None

    def begin(self, p: Any) -> None:
        now = self._now
        if now is not None:
            # A run within a run, as of a detailer: its VRAM is part of the outer one's peak.
            if now.p is not p and any(one is now.p for one in self._under_way):
                return
            # It has broken off where no wrapper saw it.
            self._end(now, failed=True)
        described = self._describe(p)
        if described is None:
            return
        self._panel.begin_peak()
        self._now = Run(p, self._jobs.begin(lambda: described))

    def phase(self, p: Any, name: str) -> None:
        if self._now is not None and self._now.p is p:
            self._now.job.phase(name)

    def finish(self, p: Any) -> None:
        """It has its pictures, if only those made before it was interrupted."""
        if self._now is not None and self._now.p is p:
            self._end(self._now, failed=self._is_interrupted())

    def enter(self, p: Any) -> None:
        self._under_way.append(p)

    def leave(self, p: Any, error: Optional[BaseException]) -> None:
        self._under_way.pop()
        now = self._now
        if now is not None and now.p is p and not any(one is p for one in self._under_way):
            # SD.Next tells no script of a run that was interrupted.
            self._end(now, failed=error is not None or self._is_interrupted(), out_of_memory=self._panel.is_out_of_vram(error))

    def _end(self, now: Run, *, failed: bool, out_of_memory: bool = False) -> None:
        self._now = None
        _, reserved = self._panel.peaks()
        now.job.end(failed=failed, out_of_memory=out_of_memory, peak_mib=reserved)


def install(processing: Any, watch: Callable[[], Optional[RunWatch]]) -> None:
    """Wraps what the WebUI runs. The inner function too: some have taken ``process_images`` itself before."""
    for name in ("process_images", "process_images_inner"):
        run = getattr(processing, name, None)
        # The WebUI loads its scripts anew when its page is reloaded.
        ours, before = getattr(run, WRAPPED, (None, None))
        # Another extension's `functools.wraps` copies our mark: what is around ours stays.
        run = before if ours is run else run
        if callable(run):
            setattr(processing, name, watched(run, watch))


def watched(run: Callable[..., Any], watch: Callable[[], Optional[RunWatch]]) -> Callable[..., Any]:
    @functools.wraps(run)
    def watched_run(p: Any, *rest: Any, **named: Any) -> Any:
        seen = watch()
        if seen is None:
            return run(p, *rest, **named)
        error: Optional[BaseException] = None
        seen.enter(p)
        try:
            return run(p, *rest, **named)
        except BaseException as caught:
            error = caught
            raise
        finally:
            quietly(seen.leave, p, error)

    setattr(watched_run, WRAPPED, (watched_run, run))
    return watched_run


def quietly(step: Callable[..., Any], *values: Any) -> None:
    try:
        step(*values)
    except Exception as error:
        log.debug("gpu_status_panel: %r", error)
