"""A job that asks for room, runs and tells how it ended."""

from __future__ import annotations

import contextvars
import os
import threading
import time
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple, Union
from urllib.parse import quote, urlencode

from ._allocator import allocator_figures, begin_peak, is_out_of_vram, loaded_torch, peaks
from ._api import ASK_TIMEOUT_S, Answer, CALL_TIMEOUT_S, Sidecar, Unreachable
from ._base import WARNED, int_of, log, warn_once
from ._gate import GATE


HEARTBEATS_PER_TTL = 3
WAIT_SLICE_S = 5.0
BETWEEN_PHASES_S = 0.5
MOST_PHASES = 1000
SIDECAR_PATIENCE_S = 10.0
"""How long a waiting job puts up with a sidecar that is away (a restart) before it runs without it."""


class JobError(RuntimeError):
    """A job that may not start."""


class JobRefused(JobError):
    """The job can never fit, or has no room now and was not to wait."""


class JobTimeout(JobError):
    """There was no room within ``max_wait`` seconds."""


class UnknownProfile(JobError):
    """Neither a profile nor a model of this name is known to the sidecar, and no ``peak_mib`` was given."""


class JobReport(NamedTuple):
    """A job that has ended. ``None`` is not known: no framework in use, or other jobs ran beside it in this process."""

    outcome: str
    """``done`` or ``failed``."""
    out_of_memory: bool
    admitted: bool
    """False: it ran without the sidecar."""
    waited_s: float
    duration_s: float
    peak_allocated_mib: Optional[int]
    """Most in tensors, on the GPU where it was highest."""
    peak_reserved_mib: Optional[int]
    """Most held from the driver by the allocator, on the GPU where it was highest: what is told to the sidecar."""
    delta_mib: Optional[int]
    """In tensors after the job, less what was there before: what it left behind."""
    phases: Tuple[Tuple[str, float], ...]
    """Names of phases with the second of the job in which each began."""


CURRENT_JOB: contextvars.ContextVar[Optional[Job]] = contextvars.ContextVar("gpu_status_panel_job", default=None)


def current_job() -> Optional[Job]:
    """The innermost job that runs here, so that a pipeline's callback can tell its phase."""
    return CURRENT_JOB.get()


class JobSettings(NamedTuple):
    """What ``job`` was given."""

    profile: Optional[str]
    label: Optional[str]
    peak_mib: Optional[int]
    query: Dict[str, str]
    gpus: Optional[int]
    gpu_indexes: Union[None, str, Sequence[int]]
    backend: Optional[str]
    wait: bool
    max_wait: Optional[float]
    on_wait: Optional[Callable[[int, str], None]]
    ttl: int
    if_refused: str
    url: Optional[str]
    token: Optional[str]


class Job:
    """A job that runs: made by ``job``, never by hand."""

    def __init__(self, settings: JobSettings) -> None:
        self._settings = settings
        self._sidecar = Sidecar(settings.url, settings.token)
        self._rank = int_of("LOCAL_RANK") or 0
        self._request_id = torchrun_id() or os.urandom(16).hex()
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._abandoned = threading.Event()
        self._begun = False
        self._ended = threading.Lock()
        self._phase: Optional[str] = None
        self._told: Optional[str] = None
        self._phases: List[Tuple[str, float]] = []
        self._asked_at = self._started_at = time.monotonic()
        self._allocated_before: Optional[int] = None
        self._gpus: List[Dict[str, Any]] = []
        self._context: Optional[contextvars.Token[Optional[Job]]] = None
        self.id: Optional[str] = None
        """The sidecar's name for the job; ``None`` when it runs without it."""
        self.gpu_indexes: Tuple[int, ...] = ()
        """GPUs that are reserved for it, as nvidia-smi numbers them; empty when the sidecar was not there."""
        self.device: Optional[str] = None
        """The first of them as PyTorch names it in this process (``cuda:0``); ``None`` when it is not known."""
        self.alone = True
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

    # Asking for room

    def admit(self) -> None:
        """Blocks until the job may run. Whatever is wrong with the sidecar, it may."""
        try:
            self._ask()
        except Unreachable as error:
            if not self._abandoned.is_set():
                warn_once("down", "the sidecar is not there, jobs run without admission (%s)", error)
            return
        except BaseException:
            self._abandon()
            raise
        WARNED.pop("down", None)

    def start(self) -> None:
        """``admit`` and ``begin`` for a thread beside the one that may give up."""
        self.admit()
        if self._abandoned.is_set():
            return self._abandon()
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

    def _ask(self) -> None:
        if not self._sees_gpus():
            warn_once("no-gpus", "the sidecar shows simulated GPUs or a recording, jobs run without admission")
            return
        body = self._body()
        answer = self._call_patiently("POST", "api/v1/jobs", body, ASK_TIMEOUT_S)
        if answer.status in (200, 201, 202):
            given = answer.body.get("id")
            if not isinstance(given, str):
                raise Unreachable(f"what answers at {self._sidecar.url} is not the sidecar")
            self.id = given
            threading.Thread(target=self._beat, name="gpu-status-panel-heartbeat", daemon=True).start()
            self._await_start(answer)
        elif answer.status == 409:
            self._refuse(JobRefused(answer.message))
        elif answer.body.get("code") == "unknown-profile":
            self._refuse(UnknownProfile(answer.message))
        elif answer.status in (401, 403):
            warn_once("token", "the sidecar does not take jobs from here, they run without admission: %s Set GPU_PANEL_TOKEN.", answer.message)
        else:
            warn_once(f"http-{answer.status}", "the sidecar does not take the job, it runs without admission: %s", answer.message)

    def _sees_gpus(self) -> bool:
        """Whether the sidecar looks at real GPUs. A demo that somebody asked for is there to be tried, jobs and all."""
        shown = self._sidecar.call("GET", "api/v1/state").body.get("state")
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
                    raise Unreachable("the sidecar has forgotten the job")
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
            raise Unreachable(f"the job is {answer.body.get('state', 'unknown')} at the sidecar")
        indexes = answer.body.get("gpus")
        self.gpu_indexes = tuple(index for index in indexes if isinstance(index, int)) if isinstance(indexes, list) else ()
        if self.gpu_indexes and not self._orders_differ():
            visible = self._visible_gpus()
            if visible is None:
                self.device = f"cuda:{self.gpu_indexes[0]}"
            elif self.gpu_indexes[0] in visible:
                self.device = f"cuda:{visible.index(self.gpu_indexes[0])}"
        if self.id is not None and self._is_first_here() and answer.body.get("pid") is None:
            self._call_patiently("PATCH", f"api/v1/jobs/{quote(self.id)}", {"pid": os.getpid()})

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
        profile, gpus = self._find_profile()
        count = given.gpus or int_of("LOCAL_WORLD_SIZE") or gpus or 1
        body: Dict[str, Any] = {
            "label": given.label,
            "profile": profile,
            "peakMiB": given.peak_mib,
            "gpus": count,
            "gpuIndexes": self._allowed_gpus(count),
            "backend": given.backend,
            # A job ends with its process: of the ranks of one torchrun that is the first, whichever asked first.
            # On another machine the number is somebody else's.
            "pid": os.getpid() if self._is_first_here() else None,
            "ttlSeconds": given.ttl,
            "wait": given.wait,
            "requestId": self._request_id,
        }
        return {key: value for key, value in body.items() if value is not None}

    def _find_profile(self) -> Tuple[Optional[str], Optional[int]]:
        """Id of the profile that is meant, and the GPUs it needs. By id, else by model and settings: the heaviest of those."""
        given = self._settings
        if given.profile is None and not given.query:
            return None, None
        listed = self._sidecar.call("GET", "api/v1/profiles").body.get("profiles")
        known = {one["id"]: one for one in listed if isinstance(one, dict) and isinstance(one.get("id"), str)} if isinstance(listed, list) else {}
        found = given.profile if given.profile in known else self._match(known)
        if found is not None:
            gpus = known.get(found, {}).get("gpus")
            return found, gpus if isinstance(gpus, int) else None
        if given.peak_mib is not None:
            return None, None
        wanted = given.profile or given.query.get("model", "")
        import difflib

        near = difflib.get_close_matches(wanted, list(known), n=3, cutoff=0.3)
        raise_or_warn = UnknownProfile(
            f"the sidecar knows no profile or model {wanted!r} with these settings"
            + (f"; near: {', '.join(near)}" if near else "")
            + ". Give peak_mib=…, or add the profile to gpu-panel.config.json."
        )
        self._refuse(raise_or_warn)
        raise Unreachable("no profile")

    def _match(self, known: Dict[str, Dict[str, Any]]) -> Optional[str]:
        query = dict(self._settings.query)
        if self._settings.profile is not None:
            query.setdefault("model", self._settings.profile)
        # Steps hardly change the peak and frames are seldom told by a profile: without them rather than nothing.
        for left_out in ((), ("steps",), ("steps", "frames")):
            asked = {key: value for key, value in query.items() if key not in left_out}
            answer = self._sidecar.call("GET", f"api/v1/fit?{urlencode(asked)}")
            if answer.status == 200 and isinstance(answer.body.get("profile"), str):
                return str(answer.body["profile"])
        prefix = (self._settings.profile or "").lower()
        named = [one for key, one in known.items() if prefix and key.lower().startswith(prefix) and not self._settings.query]
        heaviest = max(named, key=lambda one: one.get("peakMiB") or 0, default=None)
        return None if heaviest is None else str(heaviest["id"])

    def _allowed_gpus(self, count: int) -> Optional[List[int]]:
        """The GPUs on which this process would run: a reservation elsewhere would keep nobody from running out."""
        given = self._settings.gpu_indexes
        visible = self._visible_gpus()
        if given == "any":
            return visible
        if given is not None and not isinstance(given, str):
            return [int(index) for index in given]
        first, uuid = self._torch_device() if count == 1 else (0, None)
        if uuid is not None:
            return [gpu["index"] for gpu in self._gpus if gpu.get("uuid") == uuid] or None
        if self._orders_differ():
            warn_once("order", "the GPUs differ, and CUDA numbers them otherwise than nvidia-smi: set CUDA_DEVICE_ORDER=PCI_BUS_ID, or name gpu_indexes")
            return None
        if visible is None:
            return list(range(first, first + count))
        return visible[first : first + count] or None

    def _torch_device(self) -> Tuple[int, Optional[str]]:
        """Number and UUID of the GPU that PyTorch would use, where it tells."""
        torch = loaded_torch()
        if torch is None:
            return 0, None
        try:
            first = int(torch.cuda.current_device())
            uuid = str(getattr(torch.cuda.get_device_properties(first), "uuid", "") or "")
        except Exception:
            return 0, None
        named = uuid if uuid.startswith("GPU-") else f"GPU-{uuid}"
        return first, named if any(gpu.get("uuid") == named for gpu in self._gpus) else None

    def _orders_differ(self) -> bool:
        """Whether CUDA may number other GPUs first: unless told otherwise it begins with the fastest."""
        if os.environ.get("CUDA_DEVICE_ORDER") == "PCI_BUS_ID" or "GPU-" in os.environ.get("CUDA_VISIBLE_DEVICES", ""):
            return False
        return len({gpu.get("name") for gpu in self._gpus}) > 1

    def _visible_gpus(self) -> Optional[List[int]]:
        """What CUDA_VISIBLE_DEVICES leaves, as nvidia-smi numbers it; ``None``: all, or not known."""
        text = os.environ.get("CUDA_VISIBLE_DEVICES")
        if text is None or not text.strip():
            return None
        parts = [part.strip() for part in text.split(",") if part.strip()]
        if all(part.isdigit() for part in parts):
            return [int(part) for part in parts]
        found = [next((gpu["index"] for gpu in self._gpus if str(gpu.get("uuid", "")).startswith(part)), None) for part in parts]
        return [index for index in found if index is not None] if all(index is not None for index in found) else None

    # While it runs

    def _beat(self) -> None:
        """Signs of life, from its own thread; the sidecar frees the room of a job that sends none."""
        while not self._stop.is_set():
            self._wake.wait(self._settings.ttl / HEARTBEATS_PER_TTL)
            self._wake.clear()
            if self._stop.is_set():
                return
            phase = self._phase
            news = {"phase": phase} if phase != self._told else None
            try:
                answer = self._sidecar.call("PATCH", f"api/v1/jobs/{quote(self.id or '')}", news)
            except Unreachable as error:
                log.debug("gpu_status_panel: no heartbeat: %s", error)
                continue
            if answer.status in (404, 409) and not self._stop.is_set():
                log.warning("gpu_status_panel: the sidecar no longer counts this job, its room may be given to others: %s", answer.message)
                return
            if answer.status < 300:
                self._told = phase
            # Of phases in quick succession the last is told: the sidecar limits how often it is called.
            self._stop.wait(BETWEEN_PHASES_S)

    def begin(self) -> None:
        """The admitted job starts: the body comes next."""
        GATE.enter(self)
        self._started_at = time.monotonic()
        if self.alone:
            begin_peak()
        figures = allocator_figures()
        self._allocated_before = figures["allocated_mib"] if figures else None
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

    def end(self, error: Optional[BaseException]) -> None:
        """The body has ended: measures, and tells the sidecar. Once only."""
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
        self._finish(self.report)

    def _finish(self, report: JobReport) -> None:
        self._stop.set()
        self._wake.set()
        # Of the ranks of one torchrun the first speaks for all.
        if self.id is None or self._rank > 0:
            return
        body: Dict[str, Any] = {"outcome": report.outcome, "oom": report.out_of_memory}
        if report.peak_reserved_mib or report.peak_allocated_mib:
            body["peakMiB"] = report.peak_reserved_mib or report.peak_allocated_mib
        try:
            # A short job may have ended before its own thread has told its last phase.
            if self._phase != self._told:
                self._sidecar.call("PATCH", f"api/v1/jobs/{quote(self.id)}", {"phase": self._phase})
            self._sidecar.call("DELETE", f"api/v1/jobs/{quote(self.id)}", body)
        except Unreachable as error:
            log.warning("gpu_status_panel: the sidecar was not told that the job has ended; its room is free in %d s: %s", self._settings.ttl, error)

    def _abandon(self) -> None:
        self._stop.set()
        self._wake.set()
        if self.id is None or self._rank > 0:
            return
        try:
            self._sidecar.call("DELETE", f"api/v1/jobs/{quote(self.id)}", {"outcome": "failed"})
        except Unreachable:
            pass


def given_up() -> BaseException:
    import asyncio

    return asyncio.CancelledError()


def reason_of(answer: Answer) -> str:
    reason = answer.body.get("reason")
    return str(reason.get("message", "")) if isinstance(reason, dict) else ""


TORCHRUN_JOBS: List[int] = [0]


def torchrun_id() -> Optional[str]:
    """The same for all ranks that torchrun has started here, so that their jobs are one job."""
    if (int_of("LOCAL_WORLD_SIZE") or 1) < 2:
        return None
    TORCHRUN_JOBS[0] += 1
    import hashlib
    import socket

    # In containers torchrun has the same pid again and again; its start and the machine's name tell them apart.
    try:
        with open(f"/proc/{os.getppid()}/stat", "rb") as file:
            began = file.read().rpartition(b")")[2].split()[19].decode()
    except (OSError, IndexError):
        began = ""
    restart = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
    run = f"{socket.gethostname()} {os.getppid()} {began} {restart} {TORCHRUN_JOBS[0]}"
    return f"torchrun-{hashlib.sha256(run.encode()).hexdigest()[:32]}"
