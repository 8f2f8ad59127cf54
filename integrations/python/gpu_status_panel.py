"""GPU status panel for Python WebUIs: one file, standard library only, Python 3.9 or newer.

Copy this file beside your app. Three things are in it, each works without the others:

* ``mount(app)`` puts the panel under ``/gpu`` of a FastAPI, Starlette or Gradio app, so that one port serves both.
* ``unload_hook(fn)`` lets the panel's "Release VRAM" button call ``fn``, and tells the allocator's figures.
* ``job("wan2.1-1.3b-t2v-480p-quant")`` declares a job, as a ``with`` block or a decorator: it waits until the VRAM it
  needs is free, and tells its phases, its peak and how it ended.

The sidecar (https://www.npmjs.com/package/gpu-status-panel) samples nvidia-smi; nothing here touches the GPU.
PyTorch and TensorFlow are used only if your app has imported them. When the sidecar is down, jobs run without it.
"""

from __future__ import annotations

import asyncio
import atexit
import base64
import collections
import contextvars
import difflib
import functools
import gc
import hashlib
import hmac
import html
import http.client
import http.server
import inspect
import ipaddress
import json
import logging
import os
import re
import secrets
import shlex
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Awaitable, Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple, Union
from urllib.parse import quote, urlencode, urlsplit

__version__ = "0.1.0"
__all__ = [
    "Job",
    "JobError",
    "JobRefused",
    "JobReport",
    "JobTimeout",
    "UnknownProfile",
    "UnloadHook",
    "allocator_figures",
    "current_job",
    "empty_caches",
    "job",
    "mount",
    "panel_app",
    "unload_hook",
]

log = logging.getLogger("gpu_status_panel")

DEFAULT_PORT = 7870
DEFAULT_HOOK_PORT = 7871

Headers = List[Tuple[bytes, bytes]]
Scope = Dict[str, Any]
Receive = Callable[[], Awaitable[Dict[str, Any]]]
Send = Callable[[Dict[str, Any]], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]


# --- The sidecar's HTTP API -------------------------------------------------------------------------------------------

CALL_TIMEOUT_S = 3.0
# A yes to a job needs a sample and a list of processes of now, for which the sidecar waits up to two seconds.
ASK_TIMEOUT_S = 6.0
LARGEST_ANSWER_BYTES = 4 * 1024 * 1024


class Unreachable(Exception):
    """The sidecar did not answer, or what answered is not the sidecar."""


class Answer(NamedTuple):
    """What the sidecar said."""

    status: int
    body: Dict[str, Any]

    @property
    def message(self) -> str:
        """The problem in words, with what to do about it."""
        parts = [str(self.body.get(key, "")) for key in ("message", "advice")]
        return " ".join(part for part in parts if part) or f"HTTP {self.status}"


class Sidecar:
    """Where the sidecar is, and calls to its API with short time limits."""

    def __init__(self, url: Optional[str] = None, token: Optional[str] = None) -> None:
        text = url or os.environ.get("GPU_PANEL_URL") or f"http://127.0.0.1:{os.environ.get('GPU_PANEL_PORT') or DEFAULT_PORT}/"
        parts = urlsplit(text)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"gpu_status_panel: {text!r} is no address of a sidecar; one looks like http://127.0.0.1:7870/")
        self.scheme = parts.scheme
        self.host = parts.hostname
        self.port = parts.port or (443 if parts.scheme == "https" else 80)
        self.base = "/" + "".join(f"{part}/" for part in parts.path.split("/") if part)
        self.is_local = is_loopback(self.host)
        self._token = token or os.environ.get("GPU_PANEL_TOKEN") or None

    @property
    def authority(self) -> str:
        """``host:port`` as a Host header has it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.base}"

    @property
    def token(self) -> Optional[str]:
        """The token that was given, or the one with which ``mount`` of the same user has started a sidecar here."""
        return self._token or (read_token(self.port) if self.is_local else None)

    def call(self, method: str, path: str, body: Optional[Dict[str, Any]] = None, timeout: float = CALL_TIMEOUT_S) -> Answer:
        """Calls the API; raises ``Unreachable`` within ``timeout`` seconds when there is no answer to read."""
        kind = http.client.HTTPSConnection if self.scheme == "https" else http.client.HTTPConnection
        connection = kind(self.host, self.port, timeout=timeout)
        headers = {"accept": "application/json"}
        token = self.token
        if token:
            headers["authorization"] = f"Bearer {token}"
        payload = None
        if body is not None:
            headers["content-type"] = "application/json"
            payload = json.dumps(body).encode()
        try:
            connection.request(method, self.base + path, payload, headers)
            response = connection.getresponse()
            text = response.read(LARGEST_ANSWER_BYTES)
            data = json.loads(text) if text else {}
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Unreachable(f"{self.url}: {error or type(error).__name__}") from error
        finally:
            connection.close()
        if not isinstance(data, dict):
            raise Unreachable(f"{self.url} is not the sidecar: it answers with something else")
        return Answer(response.status, data)

    def is_up(self, timeout: float = 2.0) -> bool:
        """Whether a sidecar answers there, with or without samples."""
        try:
            return self.call("GET", "healthz", timeout=timeout).body.get("status") in ("ok", "degraded")
        except Unreachable:
            return False


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only be this machine."""
    name = host.strip("[]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def data_folder() -> Path:
    """Where the sidecar keeps its data on this platform, too."""
    given = os.environ.get("GPU_PANEL_DATA_DIR")
    if given:
        return Path(given)
    name = "gpu-status-panel"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / name
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / name
    xdg = os.environ.get("XDG_DATA_HOME", "")
    return (Path(xdg) if os.path.isabs(xdg) else Path.home() / ".local" / "share") / name


def token_file(port: int) -> Path:
    return data_folder() / f"mount-{port}.token"


def read_token(port: int) -> Optional[str]:
    """The token of a sidecar that ``mount`` has started; a file that others could write or read is not trusted."""
    try:
        path = token_file(port)
        if os.name == "posix":
            found = path.stat()
            if found.st_uid != os.geteuid() or found.st_mode & 0o077:
                return None
        return path.read_text("ascii").strip() or None
    except (OSError, RuntimeError, ValueError):
        return None


def make_token(port: int) -> str:
    """The token for a sidecar on this port: the same for every process of this user, so that all can declare jobs."""
    known = read_token(port)
    if known:
        return known
    made = secrets.token_urlsafe(24)
    try:
        path = token_file(port)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(made)
    except FileExistsError:
        # Another worker of the same app was faster.
        return read_token(port) or made
    except (OSError, RuntimeError) as error:
        log.warning("gpu_status_panel: the token cannot be kept for other processes: %s", error)
    return made


# --- What the process holds: PyTorch's and TensorFlow's allocators ----------------------------------------------------

MIB = 1024 * 1024


def loaded_torch() -> Any:
    """PyTorch, if the host has imported it and has begun to use CUDA; asking makes no CUDA context."""
    torch = sys.modules.get("torch")
    try:
        return torch if torch is not None and torch.cuda.is_initialized() else None
    except Exception:  # Half imported, or built without CUDA.
        return None


def loaded_tensorflow() -> Any:
    """TensorFlow, if the host has imported it and has begun to use its devices."""
    tensorflow = sys.modules.get("tensorflow")
    eager = sys.modules.get("tensorflow.python.eager.context")
    try:
        context = eager.context_safe() if eager is not None else None
        return tensorflow if context is not None and context._context_handle is not None else None
    except Exception:
        return None


def allocator_figures() -> Optional[Dict[str, Optional[int]]]:
    """What the allocator of this process holds on all GPUs, in MiB; ``None`` where no framework is in use.

    ``allocated_mib`` is in live tensors, ``reserved_mib`` is held from the driver (tensors and cache),
    ``max_allocated_mib`` the most so far. TensorFlow does not tell what it has reserved: ``None``.
    """
    torch = loaded_torch()
    if torch is not None:
        try:
            devices = range(torch.cuda.device_count())
            return {
                "allocated_mib": round(sum(torch.cuda.memory_allocated(d) for d in devices) / MIB),
                "reserved_mib": round(sum(torch.cuda.memory_reserved(d) for d in devices) / MIB),
                "max_allocated_mib": round(sum(torch.cuda.max_memory_allocated(d) for d in devices) / MIB),
            }
        except Exception as error:
            log.debug("gpu_status_panel: PyTorch does not tell its memory: %s", error)
    tensorflow = loaded_tensorflow()
    if tensorflow is not None:
        try:
            names = [f"GPU:{index}" for index, _ in enumerate(tensorflow.config.list_logical_devices("GPU"))]
            figures = [tensorflow.config.experimental.get_memory_info(name) for name in names]
            if figures:
                return {
                    "allocated_mib": round(sum(one["current"] for one in figures) / MIB),
                    "reserved_mib": None,
                    "max_allocated_mib": round(sum(one["peak"] for one in figures) / MIB),
                }
        except Exception as error:
            log.debug("gpu_status_panel: TensorFlow does not tell its memory: %s", error)
    return None


def empty_caches() -> None:
    """Returns what no live tensor needs to the driver. TensorFlow keeps what it took until the process ends."""
    gc.collect()
    torch = loaded_torch()
    if torch is None:
        return
    try:
        torch.cuda.empty_cache()
        torch.cuda.ipc_collect()
    except Exception as error:
        log.warning("gpu_status_panel: emptying PyTorch's cache failed: %s", error)


def begin_peak() -> None:
    """Begins PyTorch's and TensorFlow's measurement of the peak anew."""
    torch, tensorflow = loaded_torch(), loaded_tensorflow()
    try:
        if torch is not None:
            for device in range(torch.cuda.device_count()):
                torch.cuda.reset_peak_memory_stats(device)
        elif tensorflow is not None:
            for index, _ in enumerate(tensorflow.config.list_logical_devices("GPU")):
                tensorflow.config.experimental.reset_memory_stats(f"GPU:{index}")
    except Exception as error:
        log.debug("gpu_status_panel: the peak cannot be reset: %s", error)


def peaks() -> Tuple[Optional[int], Optional[int]]:
    """Most MiB in tensors and most MiB held from the driver since ``begin_peak``, on the GPU where each was highest."""
    torch, tensorflow = loaded_torch(), loaded_tensorflow()
    try:
        if torch is not None:
            devices = range(torch.cuda.device_count())
            allocated = max((torch.cuda.max_memory_allocated(d) for d in devices), default=0)
            reserved = max((torch.cuda.max_memory_reserved(d) for d in devices), default=0)
            return round(allocated / MIB), round(reserved / MIB)
        if tensorflow is not None:
            count = len(tensorflow.config.list_logical_devices("GPU"))
            info = [tensorflow.config.experimental.get_memory_info(f"GPU:{index}") for index in range(count)]
            return (round(max(one["peak"] for one in info) / MIB), None) if info else (None, None)
    except Exception as error:
        log.debug("gpu_status_panel: the peak is not known: %s", error)
    return None, None


def is_out_of_vram(error: Optional[BaseException]) -> bool:
    """Whether an exception, or what caused it, is a GPU that ran out of memory. Host memory is another matter."""
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        names = {kind.__name__ for kind in type(error).__mro__}
        if names & {"OutOfMemoryError", "ResourceExhaustedError"}:
            return True
        text = str(error).lower()
        if "RuntimeError" in names and ("cuda out of memory" in text or "cuda error: out of memory" in text or "alloc_failed" in text):
            return True
        error = error.__cause__ or error.__context__
    return False


# --- Jobs -------------------------------------------------------------------------------------------------------------

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


@dataclass(frozen=True)
class JobReport:
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


class Gate:
    """Keeps the jobs of this process and an unload apart: neither begins while the other is at it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running: List[Job] = []
        self._unloading = False
        self.waiting = 0
        self.was_used = False

    @property
    def running(self) -> int:
        return len(self._running)

    def enter(self, entering: Job) -> None:
        with self._changed:
            self.was_used = True
            self._changed.wait_for(lambda: not self._unloading)
            self._running.append(entering)
            # The allocator counts for the whole process: of jobs side by side no peak is one's own.
            if len(self._running) > 1:
                for one in self._running:
                    one.alone = False

    def leave(self, leaving: Job) -> None:
        with self._changed:
            if leaving in self._running:
                self._running.remove(leaving)
            self._changed.notify_all()

    def begin_unload(self) -> bool:
        with self._changed:
            if self._running or self._unloading:
                return False
            self._unloading = True
            return True

    def end_unload(self) -> None:
        with self._changed:
            self._unloading = False
            self._changed.notify_all()


GATE = Gate()
CURRENT_JOB: contextvars.ContextVar[Optional[Job]] = contextvars.ContextVar("gpu_status_panel_job", default=None)
WARNED: Dict[str, bool] = {}


def warn_once(key: str, message: str, *values: object) -> None:
    """Says it the first time, and again only after ``WARNED`` has forgotten it."""
    if not WARNED.get(key):
        WARNED[key] = True
        log.warning("gpu_status_panel: " + message, *values)


def current_job() -> Optional[Job]:
    """The innermost job that runs here, so that a pipeline's callback can tell its phase."""
    return CURRENT_JOB.get()


@dataclass(frozen=True)
class JobSettings:
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
        self._request_id = torchrun_id() or uuid.uuid4().hex
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
            self.end(asyncio.CancelledError())

    def give_up(self) -> None:
        """Ends a job whose ``start`` is under way in another thread. Returns at once."""
        self._abandoned.set()
        threading.Thread(target=self._give_up, name="gpu-status-panel", daemon=True).start()

    def _give_up(self) -> None:
        if self._begun:
            self.end(asyncio.CancelledError())
        else:
            self._abandon()

    def _ask(self) -> None:
        if not self._sees_gpus():
            warn_once("no-gpus", "the sidecar shows simulated GPUs or a recording, jobs run without admission")
            return
        body = self._body()
        answer = self._call_patiently("POST", "api/v1/jobs", body, ASK_TIMEOUT_S)
        if answer.status in (200, 201, 202):
            self.id = str(answer.body.get("id"))
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
        if self.gpu_indexes:
            visible = self._visible_gpus()
            if visible is None:
                self.device = f"cuda:{self.gpu_indexes[0]}"
            elif self.gpu_indexes[0] in visible:
                self.device = f"cuda:{visible.index(self.gpu_indexes[0])}"

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
            "pid": os.getpid(),
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
        torch = loaded_torch()
        first = 0
        if torch is not None and count == 1:
            try:
                first = int(torch.cuda.current_device())
            except Exception:
                first = 0
        if visible is None:
            return list(range(first, first + count))
        return visible[first : first + count] or None

    def _visible_gpus(self) -> Optional[List[int]]:
        """What CUDA_VISIBLE_DEVICES leaves, as nvidia-smi numbers it; ``None``: all, or not known."""
        text = os.environ.get("CUDA_VISIBLE_DEVICES")
        if text is None or not text.strip():
            return None
        parts = [part.strip() for part in text.split(",") if part.strip()]
        if all(part.isdigit() for part in parts):
            return [int(part) for part in parts]
        try:
            gpus = self._sidecar.call("GET", "api/v1/state").body.get("state", {}).get("gpus", [])
        except (Unreachable, AttributeError):
            return None
        found = [next((gpu["index"] for gpu in gpus if str(gpu.get("uuid", "")).startswith(part)), None) for part in parts]
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
        if self.id is None:
            return
        try:
            self._sidecar.call("DELETE", f"api/v1/jobs/{quote(self.id)}", {"outcome": "failed"})
        except Unreachable:
            pass


def reason_of(answer: Answer) -> str:
    reason = answer.body.get("reason")
    return str(reason.get("message", "")) if isinstance(reason, dict) else ""


def int_of(variable: str) -> Optional[int]:
    text = os.environ.get(variable, "")
    return int(text) if text.isdigit() else None


TORCHRUN_JOBS: List[int] = [0]


def torchrun_id() -> Optional[str]:
    """The same for all ranks that torchrun has started here, so that their jobs are one job."""
    if (int_of("LOCAL_WORLD_SIZE") or 1) < 2:
        return None
    TORCHRUN_JOBS[0] += 1
    return f"torchrun-{os.getppid()}-{os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')}-{TORCHRUN_JOBS[0]}"


async def in_thread(work: Callable[[], Any], on_cancel: Optional[Callable[[], None]] = None) -> Any:
    """Runs what blocks in a thread of its own: jobs may wait for hours, and the loop's own threads are few."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Any] = loop.create_future()

    def settle(result: Any, error: Optional[BaseException]) -> None:
        if done.cancelled():
            return
        if error is None:
            done.set_result(result)
        else:
            done.set_exception(error)

    def run() -> None:
        result, failure = None, None
        try:
            result = work()
        except BaseException as error:
            failure = error
        try:
            loop.call_soon_threadsafe(settle, result, failure)
        except RuntimeError:  # The loop has ended meanwhile.
            pass

    threading.Thread(target=contextvars.copy_context().run, args=(run,), name="gpu-status-panel", daemon=True).start()
    try:
        return await done
    except asyncio.CancelledError:
        if on_cancel is not None:
            on_cancel()
        raise


class DeclaredJob:
    """What ``job`` returns: use it in ``with`` or ``async with``, or as a decorator of any kind of function."""

    def __init__(self, settings: JobSettings) -> None:
        self._settings = settings
        self._entered: Optional[Job] = None

    def _make(self) -> Job:
        if self._entered is not None:
            raise RuntimeError("gpu_status_panel: this job is running; call job(…) anew for one beside it")
        return Job(self._settings)

    def __enter__(self) -> Job:
        made = self._make()
        made.admit()
        made.begin()
        made.enter_context()
        self._entered = made
        return made

    def __exit__(self, kind: object, error: Optional[BaseException], trace: object) -> None:
        ending, self._entered = self._entered, None
        if ending is not None:
            ending.leave_context()
            ending.end(error)

    async def __aenter__(self) -> Job:
        made = self._make()
        await in_thread(made.start, made.give_up)
        made.enter_context()
        self._entered = made
        return made

    async def __aexit__(self, kind: object, error: Optional[BaseException], trace: object) -> None:
        ending, self._entered = self._entered, None
        if ending is not None:
            ending.leave_context()
            await in_thread(lambda: ending.end(error))

    def __call__(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        settings = self._settings
        if settings.label is None and settings.profile is None and not settings.query:
            settings = JobSettings(**{**settings.__dict__, "label": getattr(fn, "__name__", "job")[:120]})

        if inspect.isasyncgenfunction(fn):

            @functools.wraps(fn)
            async def async_generator(*args: Any, **kwargs: Any) -> Any:
                async with DeclaredJob(settings):
                    async for item in fn(*args, **kwargs):
                        yield item

            return async_generator
        if inspect.iscoroutinefunction(fn):

            @functools.wraps(fn)
            async def coroutine(*args: Any, **kwargs: Any) -> Any:
                async with DeclaredJob(settings):
                    return await fn(*args, **kwargs)

            return coroutine
        if inspect.isgeneratorfunction(fn):

            @functools.wraps(fn)
            def generator(*args: Any, **kwargs: Any) -> Any:
                with DeclaredJob(settings):
                    return (yield from fn(*args, **kwargs))

            return generator

        @functools.wraps(fn)
        def function(*args: Any, **kwargs: Any) -> Any:
            with DeclaredJob(settings):
                return fn(*args, **kwargs)

        return function


def job(
    profile: Optional[str] = None,
    *,
    label: Optional[str] = None,
    peak_mib: Optional[int] = None,
    model: Optional[str] = None,
    task: Optional[str] = None,
    resolution: Optional[str] = None,
    frames: Optional[int] = None,
    steps: Optional[int] = None,
    quant: Optional[str] = None,
    offload: Optional[str] = None,
    gpus: Optional[int] = None,
    gpu_indexes: Union[None, str, Sequence[int]] = None,
    backend: Optional[str] = None,
    wait: bool = True,
    max_wait: Optional[float] = None,
    on_wait: Optional[Callable[[int, str], None]] = None,
    ttl: int = 60,
    if_refused: str = "raise",
    url: Optional[str] = None,
    token: Optional[str] = None,
) -> DeclaredJob:
    """Declares a job, and waits until the VRAM that it needs is free.

    ::

        with job("wan2.1-1.3b-t2v-480p-quant", resolution="480p") as j:
            j.phase("sampling")
            pipe(prompt)

        @job(peak_mib=14_000)
        def generate(prompt): ...        # also async functions and generators

    What it needs comes from ``peak_mib``, else from the profile with the id ``profile``, else from the heaviest
    profile that fits ``profile`` as a model's name and the settings ``task``, ``resolution`` ("480p", "832x480"),
    ``frames``, ``steps``, ``quant``, ``offload``.

    ``gpus``: how many it needs at once; ``gpu_indexes``: which it may use, as nvidia-smi numbers them. By default the
    GPUs on which this process would run anyway; with ``"any"`` the sidecar chooses, and the job must run on
    ``j.device``. Ranks that torchrun has started are one job on as many GPUs.

    ``wait=False`` raises ``JobRefused`` instead of waiting, ``max_wait`` seconds raise ``JobTimeout``; ``on_wait`` is
    called with the place in the queue and the reason every few seconds. A job that can never fit raises
    ``JobRefused``, an unknown profile ``UnknownProfile``: with ``if_refused="run"`` both only warn. Without the
    sidecar the job runs at once, after one warning. ``ttl``: seconds after which the room of a killed process is free.
    """
    if if_refused not in ("raise", "run"):
        raise ValueError('gpu_status_panel: if_refused is "raise" or "run"')
    if isinstance(gpu_indexes, str) and gpu_indexes != "any":
        raise ValueError('gpu_status_panel: gpu_indexes is a list of indexes or "any"')
    if not 5 <= ttl <= 3600:
        raise ValueError("gpu_status_panel: ttl is 5 to 3600 seconds")
    query = {"model": model, "task": task, "resolution": resolution, "frames": frames, "steps": steps, "quant": quant, "offload": offload}
    given = {key: str(value) for key, value in query.items() if value is not None}
    if profile is None and not given and peak_mib is None:
        raise ValueError("gpu_status_panel: job needs a profile, a model or peak_mib=…")
    return DeclaredJob(
        JobSettings(profile, label, peak_mib, given, gpus, gpu_indexes, backend, wait, max_wait, on_wait, int(ttl), if_refused, url, token)
    )


# --- The unload hook --------------------------------------------------------------------------------------------------

HOOK_BODY_BYTES = 16 * 1024
SECRET_HEADER = "x-gpu-panel-secret"
MODES = ("auto", "now", "after-current", "interrupt")
PROXY_HEADERS = ("x-forwarded-for", "x-real-ip", "forwarded", "x-forwarded-host")


class UnloadHook:
    """The unload hook of this process: what ``unload_hook`` returns. Still callable as the function it was made of."""

    def __init__(
        self,
        fn: Callable[..., Any],
        *,
        interrupt: Optional[Callable[[], Any]],
        busy: Optional[Callable[[], Optional[bool]]],
        queue: Optional[Callable[[], Optional[int]]],
        models: Union[None, Callable[[], Iterable[Any]], Iterable[Any]],
        secret: Optional[str],
    ) -> None:
        functools.update_wrapper(self, fn)
        self.fn = fn
        self._interrupt = interrupt
        self._busy = busy
        self._queue = queue
        self._models = models
        self._secret = secret
        self._key = secrets.token_urlsafe(24)
        self._server: Optional[http.server.ThreadingHTTPServer] = None
        self.path = "/unload"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.fn(*args, **kwargs)

    @property
    def url(self) -> Optional[str]:
        """Where its own server listens; ``None``: it has none, but stands in an app."""
        return None if self._server is None else f"http://127.0.0.1:{self._server.server_address[1]}{self.path}"

    @property
    def private_url(self) -> Optional[str]:
        """The same with a key in place of the secret header, for a sidecar that this process starts."""
        return None if self.url is None else f"{self.url}/{self._key}"

    def status(self) -> Dict[str, Any]:
        """What ``GET`` answers. ``busy`` is ``None`` where neither ``busy=`` nor a ``job`` tells."""
        busy = self._busy() if self._busy is not None else None
        if GATE.was_used and not busy:
            busy = GATE.running > 0
        queue = self._queue() if self._queue is not None else (GATE.waiting if GATE.was_used else None)
        models = self._models() if callable(self._models) else self._models
        return {"busy": busy, "queue": queue, "models": list(models or []), "allocator": allocator_figures()}

    def unload(self, mode: str = "auto") -> Tuple[int, Dict[str, Any]]:
        """Calls the function between jobs, never during one; then empties the caches. HTTP status and body."""
        if mode not in MODES:
            return 400, problem("bad-request", f"mode is one of {', '.join(MODES)}")
        if self._busy is not None and self._busy():
            return 409, problem("busy", "a job runs: unloading would break it")
        if not GATE.begin_unload():
            return 409, problem("busy", "a job runs, or an unload is under way")
        try:
            before = allocator_figures()
            result = call_with_mode(self.fn, mode)
            empty_caches()
            after = allocator_figures()
        except Exception as error:
            log.exception("gpu_status_panel: the unload function failed")
            return 500, problem("unload-failed", f"the unload function failed: {type(error).__name__}: {error}"[:300])
        finally:
            GATE.end_unload()
        said = {key: result[key] for key in ("freed_mib", "models") if key in result} if isinstance(result, dict) else {}
        if "freed_mib" not in said and before and after:
            held = "reserved_mib" if after["reserved_mib"] is not None else "allocated_mib"
            said["freed_mib"] = max(0, (before[held] or 0) - (after[held] or 0))
        return 200, said

    def interrupt(self) -> Tuple[int, Dict[str, Any]]:
        """Asks the app to stop its job, where it knows how."""
        if self._interrupt is None:
            return 501, problem("no-interrupt", "this app cannot stop a job: unload_hook(fn, interrupt=…)")
        run_to_end(self._interrupt)
        return 202, {}

    def answer(self, method: str, path: str, headers: Dict[str, str], peer: Optional[str], body: bytes) -> Tuple[int, Dict[str, Any]]:
        """Checks who asks, and answers. ``path`` is what follows the hook's own."""
        refusal = self._refusal(path, headers, peer)
        if refusal is not None:
            return 403, problem("forbidden", refusal)
        if method in ("GET", "HEAD"):
            return 200, self.status()
        if method != "POST":
            return 405, problem("method-not-allowed", "the hook takes GET and POST")
        if not headers.get("content-type", "").lower().startswith("application/json"):
            return 415, problem("bad-request", "content-type must be application/json")
        try:
            wanted = json.loads(body or b"{}")
        except ValueError:
            wanted = None
        if not isinstance(wanted, dict):
            return 400, problem("bad-request", "the body is no JSON object")
        action = wanted.get("action", "unload")
        if action == "interrupt":
            return self.interrupt()
        if action != "unload":
            return 400, problem("bad-request", 'action is "unload" or "interrupt"')
        return self.unload(str(wanted.get("mode", "auto")))

    def _refusal(self, path: str, headers: Dict[str, str], peer: Optional[str]) -> Optional[str]:
        # A program sends neither of these, a page cannot leave them out.
        if "origin" in headers or headers.get("sec-fetch-site", "none") != "none":
            return "web pages may not call the unload hook: press the panel's button"
        given = headers.get(SECRET_HEADER, "")
        if hmac.compare_digest(path.strip("/").encode(), self._key.encode()):
            return None
        if path.strip("/"):
            return "there is nothing here"
        if self._secret is not None:
            right = hmac.compare_digest(given.encode(), self._secret.encode())
            return None if right else f"the header {SECRET_HEADER} is missing or wrong"
        if peer is None or not is_loopback(peer) or any(name in headers for name in PROXY_HEADERS):
            return "only this machine may call the hook: unload_hook(fn, secret=…) lets others"
        name = re.sub(r":\d+$", "", headers.get("host", "127.0.0.1"))
        return None if is_loopback(name) else "the hook does not answer to this host name"

    # Its own server

    def serve(self, port: Optional[int]) -> None:
        """Listens on loopback. Without ``port`` on 7871, or where that is taken, on a free one."""
        if self._server is not None:
            return
        handler = hook_handler(self)
        wanted = DEFAULT_HOOK_PORT if port is None else port
        try:
            self._server = http.server.ThreadingHTTPServer(("127.0.0.1", wanted), handler)
        except OSError as error:
            if port is not None:
                raise RuntimeError(f"gpu_status_panel: port {port} is taken, give unload_hook another one ({error})") from error
            self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, name="gpu-status-panel-hook", daemon=True).start()
        log.info("gpu_status_panel: the unload hook listens: gpu-status-panel --backend http --backend-url %s", self.url)

    def close(self) -> None:
        """Ends its own server. Idempotent."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()

    # In an ASGI app

    async def asgi(self, scope: Scope, receive: Receive, send: Send, mount_path: str) -> None:
        if scope["type"] != "http":
            return await refuse_websocket(scope, receive, send, 403)
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        client = scope.get("client")
        body = await read_body(receive, HOOK_BODY_BYTES)
        if body is None:
            return await send_json(send, 413, problem("bad-request", f"more than {HOOK_BODY_BYTES} bytes"))
        peer = client[0] if client else None
        path = path_below(scope, mount_path)
        status, answer = await in_thread(lambda: self.answer(scope["method"], path, headers, peer, body))
        await send_json(send, status, answer)


def problem(code: str, message: str) -> Dict[str, Any]:
    return {"code": code, "message": message}


def call_with_mode(fn: Callable[..., Any], mode: str) -> Any:
    """Calls the user's function, with the mode where it takes a parameter of that name."""
    try:
        takes_mode = "mode" in inspect.signature(fn).parameters
    except (TypeError, ValueError):
        takes_mode = False
    return run_to_end(functools.partial(fn, mode=mode) if takes_mode else fn)


def run_to_end(fn: Callable[[], Any]) -> Any:
    """The result of a function, also of an async one: called from a thread without a loop of its own."""
    result = fn()
    if not inspect.isawaitable(result):
        return result

    async def wait_for() -> Any:
        return await result

    return asyncio.run(wait_for())


def hook_handler(hook: UnloadHook) -> type:
    """The request handler of a hook's own server."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 15

        def handle_any(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            path = urlsplit(self.path).path
            length = headers.get("content-length", "0")
            if "transfer-encoding" in headers or not length.isdigit() or int(length) > HOOK_BODY_BYTES:
                self.close_connection = True
                return self.reply(413, problem("bad-request", f"a body has a content-length, of {HOOK_BODY_BYTES} bytes at most"))
            body = self.rfile.read(int(length))
            if path != hook.path and not path.startswith(hook.path + "/"):
                return self.reply(404, problem("not-found", f"the hook is at {hook.path}"))
            self.reply(*hook.answer(self.command, path[len(hook.path) :], headers, self.client_address[0], body))

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = handle_any

        def reply(self, status: int, answer: Dict[str, Any]) -> None:
            text = json.dumps(answer).encode()
            self.send_response(status)
            for name, value in JSON_HEADERS + [(b"content-length", str(len(text)).encode())]:
                self.send_header(name.decode(), value.decode())
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(text)

        def log_message(self, format: str, *args: Any) -> None:
            log.debug("gpu_status_panel: hook: " + format, *args)

    return Handler


def unload_hook(
    fn: Optional[Callable[..., Any]] = None,
    *,
    app: Any = None,
    path: str = "/gpu-unload",
    port: Optional[int] = None,
    interrupt: Optional[Callable[[], Any]] = None,
    busy: Optional[Callable[[], Optional[bool]]] = None,
    queue: Optional[Callable[[], Optional[int]]] = None,
    models: Union[None, Callable[[], Iterable[Any]], Iterable[Any]] = None,
    secret: Optional[str] = None,
) -> Any:
    """Lets the panel's "Release VRAM" button call ``fn``, which drops every reference to the models.

    ::

        @unload_hook                        # on http://127.0.0.1:7871/unload
        def free(): state.pipe = None

        unload_hook(free, app=app)          # on /gpu-unload of the app
        mount(app, hook=free)               # both: the panel, and its button knows the hook

    Afterwards the caches of PyTorch are emptied. A ``job`` of this process is never unloaded under its feet: while one
    runs the hook answers that it is busy, and the next job waits for an unload to end. Apps that do not use ``job``
    give ``busy``, ``queue`` (callables) and better take the lock of their generation in ``fn``. ``fn`` may take
    ``mode`` (auto, now, after-current, interrupt), be async, and return ``{"freed_mib": …, "models": […]}``.
    ``models``: names of what is loaded, or ``{"name": …, "used_mib": …}``, or a callable that tells.

    Only programs of this machine may call it, unless ``secret`` is set: then whoever sends it in the header
    ``X-Gpu-Panel-Secret``. Behind a reverse proxy on the same machine set one, or keep ``path`` out of the proxy.
    """
    if fn is None:
        return functools.partial(
            unload_hook, app=app, path=path, port=port, interrupt=interrupt, busy=busy, queue=queue, models=models, secret=secret
        )
    if not callable(fn):
        raise TypeError("gpu_status_panel: unload_hook takes the function that unloads the models")
    made = UnloadHook(fn, interrupt=interrupt, busy=busy, queue=queue, models=models, secret=secret)
    if app is None:
        made.serve(port)
    else:
        place = mount_path_of(path)

        async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
            await made.asgi(scope, receive, send, place)

        attach(attach_kind(app), place, endpoint, "gpu-status-panel-unload", endpoint)
    return made


# --- Starting the sidecar ---------------------------------------------------------------------------------------------

# Ends the sidecar, however this process ends: the kernel closes the pipe that is its standard input.
GUARD = """
exec 3<&0
trap : TERM
"$@" </dev/null 3<&- &
child=$!
{ cat <&3 >/dev/null; kill -TERM 0; } &
exec 3<&-
while :; do wait "$child"; code=$?; kill -0 "$child" 2>/dev/null || break; done
trap '' TERM
kill -TERM 0
exit "$code"
"""
START_PATIENCE_S = 180.0
"""A checkout may have to build first."""
RESTART_PAUSE_S = 5.0


class Launcher:
    """The sidecar of a mounted panel: one that runs is used, otherwise one is started, and ended with this process."""

    def __init__(self, sidecar: Sidecar, command: Optional[Sequence[str]], start: bool, environment: Dict[str, str], origins: Sequence[str]) -> None:
        self.sidecar = sidecar
        self._command = command
        self._may_start = start
        self._environment = environment
        self._origins = origins
        self._lock = threading.Lock()
        self._process: Optional[subprocess.Popen[bytes]] = None
        self._lines: collections.deque[str] = collections.deque(maxlen=30)
        self._ended_at = float("-inf")
        self._closed = False
        self.state = "starting"
        """``up``, ``starting`` or ``failed``."""
        self.reason = ""
        self.on_found: Callable[[], None] = lambda: None

    def ensure(self) -> None:
        """Looks for the sidecar, or starts it, in the background. Cheap to call often."""
        if self._closed or not self._lock.acquire(blocking=False):
            return
        if self.state == "up":
            self.state = "starting"
        threading.Thread(target=self._ensure, name="gpu-status-panel-start", daemon=True).start()

    def _ensure(self) -> None:
        try:
            if self.sidecar.is_up():
                if self._process is None:
                    self.on_found()
                self.state = "up"
            elif not self._may_start:
                self._fail(f"no sidecar answers at {self.sidecar.url}")
            elif not self.sidecar.is_local:
                self._fail(f"no sidecar answers at {self.sidecar.url}, and only one on this machine can be started")
            else:
                self._start()
        except Exception as error:
            self._fail(f"{type(error).__name__}: {error}")
        finally:
            self._lock.release()

    def token_to_be(self) -> Optional[str]:
        """The token of a sidecar that is about to be started here."""
        starts = self._may_start and self.sidecar.is_local and self.state != "up"
        return make_token(self.sidecar.port) if starts else None

    def _fail(self, reason: str) -> None:
        self.state, self.reason = "failed", reason
        warn_once("start", "the panel is not there: %s", reason)

    def _start(self) -> None:
        time.sleep(max(0.0, self._ended_at + RESTART_PAUSE_S - time.monotonic()))
        if self._process is None or self._process.poll() is not None:
            self._spawn()
        process = self._process
        until = time.monotonic() + START_PATIENCE_S
        while time.monotonic() < until and not self._closed:
            if self.sidecar.is_up(timeout=1.0):
                self.state = "up"
                WARNED.pop("start", None)
                log.info("gpu_status_panel: the sidecar runs at %s", self.sidecar.url)
                return
            if process is not None and process.poll() is not None:
                self._ended_at = time.monotonic()
                said = " ".join(self._lines) or f"exit code {process.returncode}"
                return self._fail(f"the sidecar did not start: {said[-600:]}")
            time.sleep(0.1)
        self._fail("the sidecar does not answer")

    def _spawn(self) -> None:
        command = [*find_command(self._command), "--host", self.sidecar.host, "--port", str(self.sidecar.port), "--base-path", self.sidecar.base]
        for origin in self._origins:
            command += ["--allow-origin", origin]
        # In the environment the token is not seen in the list of processes.
        token = self.sidecar.token or make_token(self.sidecar.port)
        environment = {**os.environ, **self._environment, "GPU_PANEL_TOKEN": token}
        log.info("gpu_status_panel: starting %s", " ".join(command))
        guarded = ["/bin/sh", "-c", GUARD, "gpu-status-panel", *command] if os.name == "posix" else command
        self._lines.clear()
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
        self._process = subprocess.Popen(
            guarded,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=os.name == "posix",
        )
        threading.Thread(target=self._read, args=(self._process,), name="gpu-status-panel-log", daemon=True).start()

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with process.stdout:
            for raw in process.stdout:
                line = re.sub(r"#token=\S+", "", raw.decode("utf-8", "replace").rstrip())
                self._lines.append(line)
                log.debug("gpu_status_panel: %s", line)

    def close(self) -> None:
        """Ends a sidecar that was started here. Idempotent."""
        self._closed = True
        process, self._process = self._process, None
        if process is None:
            return
        if os.name != "posix":
            process.terminate()
        try:
            if process.stdin is not None:
                process.stdin.close()
            process.wait(timeout=8)
        except (OSError, subprocess.TimeoutExpired):
            process.kill()

    def forget(self) -> None:
        """In a forked child: the sidecar is the parent's, and must not outlive it because the child holds the pipe."""
        process, self._process, self._closed = self._process, None, True
        if process is not None and process.stdin is not None:
            try:
                os.close(process.stdin.fileno())
            except (OSError, ValueError):
                pass
            process.returncode = 0


def find_command(given: Optional[Sequence[str]]) -> List[str]:
    """How the sidecar is started: as told, as installed, from the checkout or package this file lies in, or by npx."""
    if given:
        return list(given)
    told = os.environ.get("GPU_PANEL_COMMAND")
    if told:
        # A path may hold blanks.
        if os.path.isfile(told):
            return [told]
        return shlex.split(told, posix=os.name == "posix")
    installed = shutil.which("gpu-status-panel")
    if installed:
        return [installed]
    node, npx = shutil.which("node"), shutil.which("npx")
    for root in Path(__file__).resolve().parents[2:3]:
        # A checkout, which builds itself first, or an installed package, where everything is built.
        for program in (root / "server" / "start.mjs", root / "dist" / "server" / "main.js"):
            if node and program.is_file() and (root / "package.json").is_file():
                return [node, str(program)]
    if npx:
        # Only what is installed: a name that the registry may not know yet must not be fetched and run unseen.
        return [npx, "--no-install", "gpu-status-panel"]
    raise RuntimeError("Node.js 20.19 or newer is not installed; it is needed to run gpu-status-panel (https://nodejs.org)")


# --- The panel under the app's own port: HTTP -------------------------------------------------------------------------

CONNECT_S = 5.0
ANSWER_S = 75.0
"""Longer than a poll of Socket.IO or a waiting job is held back."""
BODY_S = 15.0
LARGEST_BODY_BYTES = 64 * 1024
LARGEST_HEAD_BYTES = 64 * 1024
CHUNK_BYTES = 64 * 1024
HOP_BY_HOP = {b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade"}
# Set anew, or no business of the sidecar: cookies and log-ins are the app's.
NOT_PASSED = HOP_BY_HOP | {b"host", b"content-length", b"cookie", b"origin", b"referer", b"authorization", b"forwarded", b"x-real-ip", b"expect"}
JSON_HEADERS: Headers = [
    (b"content-type", b"application/json; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
]
# What the token of the app is added to: the panel's own button, and nothing else.
RELEASING = re.compile(r"^(?:socket\.io(?:/|$)|api/v1/release(?:/[\w-]+)?$|api/v1/backends/[\w-]+/prepare$)")
PRIVATE_NAME = re.compile(r"\.(?:local|lan|internal|localdomain|home\.arpa)$")

Decision = Union[bool, Callable[[Scope], Any]]


def header_of(headers: Headers, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in headers if key.lower() == name), "")


def path_below(scope: Scope, mount_path: str) -> str:
    """What follows the mount path, with a leading slash. Frameworks differ in what they leave in ``path``."""
    path = scope["path"]
    for prefix in (scope.get("root_path", ""), mount_path):
        if prefix and (path == prefix or path.startswith(prefix + "/")):
            return path[len(prefix) :] or "/"
    return path or "/"


def mount_path_of(path: str) -> str:
    parts = [part for part in path.split("/") if part]
    if not parts or any(not re.fullmatch(r"[\w.~-]+", part) or part in (".", "..") for part in parts):
        raise ValueError(f"gpu_status_panel: {path!r} is no path below the app's own, such as /gpu")
    return "/" + "/".join(parts)


async def decide(decision: Decision, scope: Scope) -> bool:
    """True, False, or what the host's function says of this request."""
    if not callable(decision):
        return bool(decision)
    said = decision(scope)
    return bool(await said if inspect.isawaitable(said) else said)


async def send_json(send: Send, status: int, body: Dict[str, Any]) -> None:
    await send_whole(send, status, JSON_HEADERS, json.dumps(body).encode())


async def send_whole(send: Send, status: int, headers: Headers, body: bytes) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})


async def read_body(receive: Receive, most: int) -> Optional[bytes]:
    """The whole body of a request; ``None`` when there is too much, when it is too slow, or when it breaks off."""
    chunks: List[bytes] = []

    async def read() -> Optional[bytes]:
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            size += len(message.get("body", b""))
            if size > most:
                return None
            chunks.append(message.get("body", b""))
            if not message.get("more_body"):
                return b"".join(chunks)

    try:
        return await asyncio.wait_for(read(), BODY_S)
    except asyncio.TimeoutError:
        return None


class Head(NamedTuple):
    """The first lines of the sidecar's answer."""

    status: int
    headers: Headers


async def read_head(reader: asyncio.StreamReader, limit_s: float) -> Head:
    raw = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), limit_s)
    first, *lines = raw[:-4].split(b"\r\n")
    parts = first.split(b" ", 2)
    if len(parts) < 2 or not parts[0].startswith(b"HTTP/1.") or not parts[1].isdigit():
        raise Unreachable("what answers is no HTTP server")
    headers = []
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon:
            raise Unreachable("a header without a colon")
        headers.append((name.strip().lower(), value.strip()))
    return Head(int(parts[1]), headers)


def without_hops(headers: Headers) -> Headers:
    named = {name.strip().lower().encode() for key, value in headers if key == b"connection" for name in value.decode("latin-1").split(",")}
    return [(key, value) for key, value in headers if key not in HOP_BY_HOP and key not in named]


async def body_of(reader: asyncio.StreamReader, head: Head, method: str) -> Any:
    """Yields the body of an answer as it comes."""
    if method == "HEAD" or head.status in (204, 304) or head.status < 200:
        return
    if "chunked" in header_of(head.headers, b"transfer-encoding").lower():
        while True:
            line = await asyncio.wait_for(reader.readline(), ANSWER_S)
            size = int(line.split(b";")[0].strip() or b"0", 16)
            if size == 0:
                return
            while size > 0:
                chunk = await asyncio.wait_for(reader.read(min(size, CHUNK_BYTES)), ANSWER_S)
                if not chunk:
                    raise Unreachable("the answer broke off")
                size -= len(chunk)
                yield chunk
            await reader.readexactly(2)
    length = header_of(head.headers, b"content-length")
    left = int(length) if length.isdigit() else None
    while left is None or left > 0:
        chunk = await asyncio.wait_for(reader.read(CHUNK_BYTES if left is None else min(left, CHUNK_BYTES)), ANSWER_S)
        if not chunk:
            if left:
                raise Unreachable("the answer broke off")
            return
        if left is not None:
            left -= len(chunk)
        yield chunk


FAILURES = (OSError, EOFError, asyncio.TimeoutError, asyncio.LimitOverrunError, ValueError, Unreachable)


class PanelProxy:
    """ASGI app that hands requests on to the sidecar, HTTP and WebSocket alike."""

    def __init__(self, launcher: Launcher, mount_path: str, allow_view: Decision, allow_release: Decision, origins: Sequence[str]) -> None:
        self._launcher = launcher
        self._sidecar = launcher.sidecar
        self._mount_path = mount_path
        self._allow_view = allow_view
        self._allow_release = allow_release
        self._origins = tuple(origins)

    @property
    def link(self) -> str:
        """The sidecar's own address with the token that lets release: for people at this machine, never for a page."""
        token = self._sidecar.token or self._launcher.token_to_be()
        return self._sidecar.url + (f"#token={token}" if token else "")

    def close(self) -> None:
        """Ends the sidecar, if it was started here. Idempotent."""
        self._launcher.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)

    # Who may

    def _is_own_origin(self, headers: Headers) -> bool:
        """Whether a request comes from a page of the app, or from no page. CORS does not guard a WebSocket: this does."""
        origin = header_of(headers, b"origin")
        if not origin:
            return header_of(headers, b"sec-fetch-site") not in ("cross-site",) or header_of(headers, b"sec-fetch-mode") == "navigate"
        if origin in self._origins or "*" in self._origins:
            return True
        # A page cannot set X-Forwarded-Host for another origin without being asked first, and never on a WebSocket.
        hosts = {header_of(headers, b"host"), *(one.strip() for one in header_of(headers, b"x-forwarded-host").split(","))}
        return authority_of(origin) in {authority_of(f"{origin.split(':', 1)[0]}://{host}") for host in hosts if host}

    async def _may_release(self, scope: Scope) -> bool:
        """Whether the token of the app is added to this request."""
        if self._allow_release is False or self._sidecar.token is None:
            return False
        headers = scope["headers"]
        if not self._is_own_origin(headers) or header_of(headers, b"sec-fetch-site") in ("cross-site", "same-site"):
            return False
        if self._allow_release is True and not self._is_safe_name(headers):
            warn_once("name", "releasing from %s is refused: name it with mount(…, allow_origin=[…])", header_of(headers, b"host"))
            return False
        return await decide(self._allow_release, scope)

    def _is_safe_name(self, headers: Headers) -> bool:
        """Not a name that somebody could register and point at this machine, to have a page of his be one of ours."""
        host = header_of(headers, b"host")
        if any(authority_of(one) == authority_of(f"{one.split(':', 1)[0]}://{host}") for one in self._origins):
            return True
        name = re.sub(r":\d+$", "", host).strip("[]").lower()
        if is_loopback(name) or "." not in name or PRIVATE_NAME.search(name):
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    def _request_headers(self, scope: Scope, releases: bool) -> Headers:
        headers: Headers = scope["headers"]
        named = {name.strip().lower().encode() for name in header_of(headers, b"connection").split(",")}
        passed = [
            (key, value)
            for key, value in headers
            if key not in NOT_PASSED and key not in named and not key.startswith((b"x-forwarded-", b"sec-websocket-"))
        ]
        client = scope.get("client")
        before = header_of(headers, b"x-forwarded-for")
        peer = client[0] if client else "unknown"
        spoken = str(scope.get("scheme", "http"))
        scheme = {"ws": "http", "wss": "https"}.get(spoken, spoken)
        passed += [
            (b"host", self._sidecar.authority.encode()),
            # Always there: by it the sidecar knows that this is not somebody at the machine.
            (b"x-forwarded-for", forwarded_for(before, peer).encode("latin-1", "replace")),
            (b"x-forwarded-host", (header_of(headers, b"x-forwarded-host") or header_of(headers, b"host")).encode("latin-1")),
            (b"x-forwarded-proto", (header_of(headers, b"x-forwarded-proto") or scheme).encode("latin-1")),
            (b"x-forwarded-prefix", self._mount_path.encode()),
        ]
        own = header_of(headers, b"authorization")
        if releases:
            passed.append((b"authorization", f"Bearer {self._sidecar.token}".encode()))
        elif own.lower().startswith("bearer "):
            passed.append((b"authorization", own.encode("latin-1")))
        return [(key, value) for key, value in passed if b"\r" not in value and b"\n" not in value]

    def _target(self, scope: Scope) -> Tuple[str, bytes]:
        """The path below the panel, decoded, and the request target for the sidecar."""
        path = path_below(scope, self._mount_path).lstrip("/")
        query = scope.get("query_string", b"")
        target = (self._sidecar.base + quote(path, safe="/:@!$&'()*+,;=~-._")).encode() + (b"?" + query if query else b"")
        if b" " in target or b"\r" in target or b"\n" in target:
            raise ValueError("a request target with white space")
        return path, target

    async def _open(self, releases: bool) -> Tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        # Limits of the sidecar go by address: who guesses tokens from outside must not shut out the jobs of this machine.
        if sys.platform == "linux" and self._sidecar.host == "127.0.0.1" and not releases:
            try:
                return await self._connect(("127.0.0.2", 0))
            except (ConnectionRefusedError, asyncio.TimeoutError):
                raise
            except OSError:  # A sandbox whose loopback is one address.
                pass
        return await self._connect(None)

    async def _connect(self, local: Optional[Tuple[str, int]]) -> Tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        connecting = asyncio.open_connection(
            self._sidecar.host,
            self._sidecar.port,
            limit=LARGEST_HEAD_BYTES,
            ssl=self._sidecar.scheme == "https" or None,
            local_addr=local,
        )
        return await asyncio.wait_for(connecting, CONNECT_S)

    # HTTP

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = scope["method"]
        try:
            path, target = self._target(scope)
        except ValueError:
            return await send_json(send, 400, problem("bad-request", "the address is malformed"))
        if not self._is_own_origin(scope["headers"]):
            return await send_json(send, 403, problem("origin-refused", "pages of this origin may not use the panel: mount(…, allow_origin=[…]) names those that may"))
        if not await decide(self._allow_view, scope):
            return await send_json(send, 403, problem("not-allowed", "log in to see the panel"))
        releases = RELEASING.match(path) is not None and await self._may_release(scope)
        if self._is_refused(method, path, scope["headers"], releases):
            return await send_json(send, 403, problem("not-allowed", "this page may look and not act"))
        body = await read_body(receive, LARGEST_BODY_BYTES)
        if body is None:
            return await send_json(send, 413, problem("bad-request", f"a body of more than {LARGEST_BODY_BYTES} bytes, or one that did not come"))
        if self._launcher.state != "up":
            self._launcher.ensure()
            return await self._send_absent(send, path)

        started = False
        writer: Optional[asyncio.StreamWriter] = None
        gone = asyncio.ensure_future(wait_until_gone(receive))
        try:
            reader, writer = await self._open(releases)
            headers = self._request_headers(scope, releases)
            headers += [(b"connection", b"close")]
            if body or method not in ("GET", "HEAD"):
                headers.append((b"content-length", str(len(body)).encode()))
            writer.write(method.encode("ascii") + b" " + target + b" HTTP/1.1\r\n" + b"".join(k + b": " + v + b"\r\n" for k, v in headers) + b"\r\n" + body)
            await writer.drain()
            answering = asyncio.ensure_future(read_head(reader, ANSWER_S))
            await asyncio.wait({answering, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not answering.done():
                answering.cancel()
                return
            head = answering.result()
            answer_headers = [self._relocated(key, value) for key, value in without_hops(head.headers)]
            await send({"type": "http.response.start", "status": head.status, "headers": answer_headers})
            started = True
            async for chunk in body_of(reader, head, method):
                if gone.done():
                    return
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        except FAILURES as error:
            log.debug("gpu_status_panel: %s %s: %r", method, path, error)
            if started:
                raise  # The server cuts the answer off, so that half of it is not taken for the whole.
            if isinstance(error, ConnectionRefusedError):
                self._launcher.ensure()
            await self._send_absent(send, path)
        finally:
            gone.cancel()
            if writer is not None:
                writer.close()

    def _is_refused(self, method: str, path: str, headers: Headers, releases: bool) -> bool:
        """Acting over HTTP needs the token of the app or one's own; the socket is told for itself what it may."""
        if method in ("GET", "HEAD") or releases or path.startswith("socket.io"):
            return False
        return not header_of(headers, b"authorization").lower().startswith("bearer ")

    def _relocated(self, key: bytes, value: bytes) -> Tuple[bytes, bytes]:
        base = self._sidecar.base.encode()
        if key == b"location" and value.startswith(base):
            return key, self._mount_path.encode() + b"/" + value[len(base) :]
        return key, value

    async def _send_absent(self, send: Send, path: str) -> None:
        reason = self._launcher.reason if self._launcher.state == "failed" else ""
        if path not in ("", "embed"):
            message = reason or "the GPU status panel is starting"
            return await send_whole(send, 503, [*JSON_HEADERS, (b"retry-after", b"2")], json.dumps(problem("sidecar-unreachable", message)).encode())
        page = ABSENT_PAGE.format(reason=html.escape(reason or "…"), english="is not running" if reason else "is starting", chinese="未运行" if reason else "正在启动")
        headers = [(b"content-type", b"text/html; charset=utf-8"), (b"cache-control", b"no-store"), (b"retry-after", b"2")]
        await send_whole(send, 503, headers, page.encode())

    # WebSocket

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            _, target = self._target(scope)
        except ValueError:
            return await refuse_websocket(scope, receive, send, 400)
        if not self._is_own_origin(scope["headers"]) or not await decide(self._allow_view, scope):
            return await refuse_websocket(scope, receive, send, 403)
        if self._launcher.state != "up":
            self._launcher.ensure()
            return await refuse_websocket(scope, receive, send, 503)
        releases = await self._may_release(scope)
        writer: Optional[asyncio.StreamWriter] = None
        try:
            reader, writer = await self._open(releases)
            offered = scope.get("subprotocols") or []
            upstream = await open_websocket(reader, writer, target, self._request_headers(scope, releases), offered)
        except FAILURES as error:
            log.debug("gpu_status_panel: WebSocket: %r", error)
            if isinstance(error, ConnectionRefusedError):
                self._launcher.ensure()
            if writer is not None:
                writer.close()
            return await refuse_websocket(scope, receive, send, 503 if isinstance(error, OSError) else 403)
        try:
            message = await receive()
            if message["type"] == "websocket.connect":
                await send({"type": "websocket.accept", "subprotocol": upstream.subprotocol})
                await join(upstream, receive, send)
        finally:
            writer.close()


def forwarded_for(before: str, peer: str) -> str:
    """The addresses a request has come through; a server that trusts its proxy names the visitor as peer already."""
    if not before:
        return peer
    return before if before.split(",")[-1].strip() == peer else f"{before}, {peer}"


def authority_of(origin: str) -> str:
    """``host:port`` of an origin, the default port of its scheme spelt out; empty for what is no origin."""
    try:
        parts = urlsplit(origin)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
        return f"{parts.hostname}:{port}" if parts.hostname and port else ""
    except ValueError:
        return ""


async def wait_until_gone(receive: Receive) -> None:
    """Returns when the one who asked has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def refuse_websocket(scope: Scope, receive: Receive, send: Send, status: int) -> None:
    """Refuses a WebSocket before it is accepted: the server answers 403, or the status where it can."""
    await receive()
    if "websocket.http.response" in scope.get("extensions", {}) and status != 403:
        await send({"type": "websocket.http.response.start", "status": status, "headers": JSON_HEADERS})
        await send({"type": "websocket.http.response.body", "body": b"{}"})
    else:
        await send({"type": "websocket.close", "code": 1008 if status == 403 else 1013})


ABSENT_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="2">
<meta name="color-scheme" content="light dark"><title>GPU</title>
<body style="margin:0;padding:16px;font:14px/1.5 system-ui,sans-serif">
<p>The GPU status panel {english} · GPU 状态面板{chinese}</p><p style="opacity:.7;overflow-wrap:anywhere">{reason}</p></body></html>
"""


# --- The panel under the app's own port: WebSocket --------------------------------------------------------------------

LARGEST_MESSAGE_BYTES = 1024 * 1024
SILENCE_S = 90.0
"""The sidecar pings every 25 s: one that is silent for longer is gone."""
CLOSE_S = 5.0
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
WEBSOCKET_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class ProtocolError(Exception):
    """The other side breaks RFC 6455; ``code`` is what the connection is closed with."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Closed(Exception):
    """The other side has closed."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


def is_sendable_code(code: int) -> bool:
    return 1000 <= code <= 1014 and code not in (1004, 1005, 1006) or 3000 <= code <= 4999


def encode_frame(opcode: int, payload: bytes) -> bytes:
    """One whole frame, masked as a client's has to be."""
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", 0x80 | opcode, 0x80 | size)
    elif size < 65536:
        head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, size)
    mask = secrets.token_bytes(4)
    return head + mask + apply_mask(payload, mask)


def apply_mask(payload: bytes, mask: bytes) -> bytes:
    """All bytes at once, as one number: byte by byte Python would be the slowest part of the way."""
    size = len(payload)
    pattern = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(pattern, "big")).to_bytes(size, "big")


class ClientSocket:
    """A WebSocket to the sidecar over plain streams: messages out of frames, pings answered, closed as agreed."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, subprotocol: Optional[str]) -> None:
        self._reader = reader
        self._writer = writer
        self._sending = asyncio.Lock()
        self._close_sent = False
        self.subprotocol = subprotocol

    async def send(self, opcode: int, payload: bytes) -> None:
        async with self._sending:
            if self._close_sent:
                return
            self._close_sent = opcode == CLOSE
            self._writer.write(encode_frame(opcode, payload))
            await asyncio.wait_for(self._writer.drain(), SILENCE_S)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        payload = struct.pack("!H", code if is_sendable_code(code) else 1000) + reason.encode()[:123]
        await self.send(CLOSE, payload)

    async def receive(self) -> Union[str, bytes]:
        """The next message; raises ``Closed`` or ``ProtocolError``."""
        opcode, parts, size = 0, [], 0
        while True:
            final, kind, payload = await self._frame(LARGEST_MESSAGE_BYTES - size)
            if kind == PING:
                await self.send(PONG, payload)
            elif kind == CLOSE:
                raise await self._closed(payload)
            elif kind in (TEXT, BINARY, CONTINUATION):
                if (kind == CONTINUATION) != bool(opcode):
                    raise ProtocolError(1002, "a fragment out of its order")
                opcode = opcode or kind
                parts.append(payload)
                size += len(payload)
                if not final:
                    continue
                whole = b"".join(parts)
                if opcode == BINARY:
                    return whole
                try:
                    return whole.decode("utf-8")
                except UnicodeDecodeError:
                    raise ProtocolError(1007, "text that is not UTF-8") from None
            elif kind != PONG:
                raise ProtocolError(1002, "an unknown kind of frame")

    async def _frame(self, most: int) -> Tuple[bool, int, bytes]:
        first, second = await asyncio.wait_for(self._reader.readexactly(2), SILENCE_S)
        final, kind, size = bool(first & 0x80), first & 0x0F, second & 0x7F
        if first & 0x70 or second & 0x80:
            raise ProtocolError(1002, "reserved bits, or a server that masks")
        if kind >= CLOSE and (size > 125 or not final):
            raise ProtocolError(1002, "a control frame that is long or in pieces")
        if size == 126:
            (size,) = struct.unpack("!H", await self._exactly(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", await self._exactly(8))
        if size > most and kind < CLOSE:
            raise ProtocolError(1009, "a message beyond all measure")
        return final, kind, await self._exactly(size)

    async def _exactly(self, size: int) -> bytes:
        return await asyncio.wait_for(self._reader.readexactly(size), SILENCE_S)

    async def _closed(self, payload: bytes) -> Closed:
        if len(payload) == 1:
            raise ProtocolError(1002, "half a close code")
        code = struct.unpack("!H", payload[:2])[0] if payload else 1000
        reason = payload[2:].decode("utf-8", "replace")
        await self.close(code)
        return Closed(code if is_sendable_code(code) else 1000, reason)


async def open_websocket(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: bytes, headers: Headers, subprotocols: Sequence[str]
) -> ClientSocket:
    """Shakes hands with the sidecar; raises one of ``FAILURES`` when it does not want to."""
    key = base64.b64encode(secrets.token_bytes(16))
    asked = [*headers, (b"connection", b"Upgrade"), (b"upgrade", b"websocket"), (b"sec-websocket-key", key), (b"sec-websocket-version", b"13")]
    if subprotocols:
        asked.append((b"sec-websocket-protocol", ", ".join(subprotocols).encode("latin-1")))
    writer.write(b"GET " + target + b" HTTP/1.1\r\n" + b"".join(k + b": " + v + b"\r\n" for k, v in asked) + b"\r\n")
    await writer.drain()
    head = await read_head(reader, CONNECT_S)
    accept = base64.b64encode(hashlib.sha1(key + WEBSOCKET_GUID).digest()).decode()
    if head.status != 101 or header_of(head.headers, b"sec-websocket-accept") != accept:
        raise Unreachable(f"the sidecar refuses the WebSocket: {head.status}")
    if header_of(head.headers, b"sec-websocket-extensions"):
        raise Unreachable("the sidecar wants an extension that nobody asked for")
    return ClientSocket(reader, writer, header_of(head.headers, b"sec-websocket-protocol") or None)


async def join(upstream: ClientSocket, receive: Receive, send: Send) -> None:
    """Passes messages both ways until one side closes; the other is closed with the same code."""

    async def down() -> None:
        code, reason = 1011, ""
        try:
            while True:
                message = await upstream.receive()
                await send({"type": "websocket.send", "text" if isinstance(message, str) else "bytes": message})
        except Closed as closed:
            code, reason = closed.code, closed.reason
        except ProtocolError as error:
            log.debug("gpu_status_panel: WebSocket: %s", error)
            await upstream.close(error.code)
        except FAILURES as error:
            log.debug("gpu_status_panel: WebSocket: %r", error)
        await send({"type": "websocket.close", "code": code, "reason": reason})

    async def up() -> None:
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return await upstream.close(message.get("code") or 1000)
            text = message.get("text")
            payload = text.encode() if text is not None else message.get("bytes") or b""
            if len(payload) > LARGEST_MESSAGE_BYTES:
                await upstream.close(1009)
                return await send({"type": "websocket.close", "code": 1009})
            await upstream.send(TEXT if text is not None else BINARY, payload)

    tasks = {asyncio.ensure_future(down()), asyncio.ensure_future(up())}
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(ended, Exception):
                log.debug("gpu_status_panel: WebSocket: %r", ended)


# --- mount ------------------------------------------------------------------------------------------------------------


def attach_kind(app: Any) -> Any:
    """The app, if something can be attached to it; otherwise raises ``TypeError`` with what to do."""
    if hasattr(app, "launch") and hasattr(app, "queue"):
        if isinstance(getattr(getattr(getattr(app, "app", None), "router", None), "routes", None), list):
            return app
        raise TypeError(
            "gpu_status_panel: this Gradio app is not launched yet. Either\n"
            "    app, _, _ = demo.launch(prevent_thread_lock=True); mount(app); demo.block_thread()\n"
            "or  app = mount(gr.mount_gradio_app(FastAPI(), demo, path='/')); uvicorn.run(app)"
        )
    if not callable(app):
        raise TypeError("gpu_status_panel: mount takes a FastAPI, Starlette or Gradio app, or any ASGI app")
    return app


class ExactPath:
    """What answers at the path itself: an ASGI app, or a way to what lies below it. A class, which Starlette takes as it is."""

    def __init__(self, path: str, endpoint: Optional[ASGIApp]) -> None:
        self._below = path.rsplit("/", 1)[-1] + "/"
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._endpoint is not None:
            return await self._endpoint(scope, receive, send)
        query = scope.get("query_string", b"")
        # Relative: whatever proxy stands before the app, it is right.
        await send_whole(send, 307, [(b"location", self._below.encode() + (b"?" + query if query else b""))], b"")


def attach(app: Any, path: str, endpoint: ASGIApp, name: str, at_path: Optional[ASGIApp] = None) -> Any:
    """Puts an ASGI app below ``path``, before everything else of the app: Gradio may sit on ``/`` and take it all.

    ``at_path`` answers at the path itself; without it, it leads to what lies below.
    """
    routes = getattr(getattr(app, "router", None), "routes", None)
    if isinstance(routes, list) and hasattr(app, "mount"):
        app.mount(path, endpoint, name=name)
        routes.insert(0, routes.pop())
        app.router.add_route(path, ExactPath(path, at_path), methods=["GET", "POST"], include_in_schema=False)
        routes.insert(0, routes.pop())
        return app
    if hasattr(app, "launch") and hasattr(app, "queue"):
        attach(app.app, path, endpoint, name, at_path)
        return app
    exact = ExactPath(path, at_path)

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        inner = scope.get("path", "")
        root = scope.get("root_path", "")
        below = inner[len(root) :] if root and inner.startswith(root + "/") else inner
        if scope["type"] in ("http", "websocket") and below.startswith(path + "/"):
            await endpoint(scope, receive, send)
        elif scope["type"] == "http" and below == path:
            await exact(scope, receive, send)
        else:
            await app(scope, receive, send)

    return wrapped


def panel_app(
    path: str = "/gpu",
    *,
    hook: Union[None, UnloadHook, Callable[..., Any]] = None,
    url: Optional[str] = None,
    token: Optional[str] = None,
    command: Union[None, str, Sequence[str]] = None,
    start: bool = True,
    allow_view: Decision = True,
    allow_release: Decision = False,
    allow_origin: Sequence[str] = (),
    env: Optional[Dict[str, str]] = None,
) -> PanelProxy:
    """The panel as an ASGI app of its own, for hosts that ``mount`` does not know; what it takes is told there."""
    place = mount_path_of(path)
    for origin in allow_origin:
        if origin != "*" and not authority_of(origin):
            raise ValueError(f"gpu_status_panel: {origin!r} is no origin; one looks like https://demo.example")
    environment = dict(env or {})
    known: Optional[UnloadHook] = None
    if hook is not None:
        known = hook if isinstance(hook, UnloadHook) else unload_hook(hook)
        known.serve(None)
        environment.update(GPU_PANEL_BACKEND="http", GPU_PANEL_BACKEND_URL=known.private_url or "")
    words = shlex.split(command, posix=os.name == "posix") if isinstance(command, str) else command
    launcher = Launcher(Sidecar(url, token), words, start, environment, allow_origin)

    def on_found() -> None:
        if known is not None:
            log.warning("gpu_status_panel: the panel runs already; tell it of the hook: gpu-status-panel --backend http --backend-url %s", known.url)
        if allow_release is not False and launcher.sidecar.token is None:
            log.warning("gpu_status_panel: the panel runs already and its token is not known here: nobody can release. Set GPU_PANEL_TOKEN for both.")

    launcher.on_found = on_found
    atexit.register(launcher.close)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=launcher.forget)
    launcher.ensure()
    return PanelProxy(launcher, place, allow_view, allow_release, allow_origin)


def mount(app: Any, path: str = "/gpu", **options: Any) -> Any:
    """Puts the panel under ``path`` of an app, on the app's own port, and returns the app to serve.

    ::

        app = mount(app)                      # http://…/gpu/ and <iframe src="/gpu/embed?view=compact">

    ``app`` is a FastAPI or Starlette app (routes are added to it), a Gradio app that has been launched with
    ``prevent_thread_lock=True``, or any ASGI app (then serve what is returned).

    The options, all by name:

    * ``url``: a sidecar that answers there (``GPU_PANEL_URL``, else http://127.0.0.1:7870/) is used; otherwise one is
      started, and ended with this process, with ``command`` (``GPU_PANEL_COMMAND``, else the installed program, else
      ``npx gpu-status-panel``) and ``env`` beside the environment. ``start=False``: none is started.
    * ``hook``: the function that unloads your models, or what ``unload_hook`` made of it. A sidecar that is started
      here knows it.
    * ``allow_release``: visitors may look and not release. With ``True`` pages of the app itself may: the token is
      added here, no visitor sees it. Where visitors come by a name such as demo.example, name it in
      ``allow_origin=["https://demo.example"]``.
    * ``allow_view``: who may look. The app's own log-in does not guard mounted paths by itself. Both this and
      ``allow_release`` take a function of the ASGI scope, also an async one.
    * ``allow_origin``: origins of other pages that may embed the panel and connect.
    * ``token``: that of a sidecar which runs already, ``GPU_PANEL_TOKEN`` by default.
    """
    place = mount_path_of(path)
    checked = attach_kind(app)
    return attach(checked, place, panel_app(place, **options), "gpu-status-panel")
