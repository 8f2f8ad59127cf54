"""Finding or starting the sidecar, and holding a lease on it."""

from __future__ import annotations

import os
import shlex
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Dict, List, Optional, Sequence, Tuple

from ._api import Answer, Sidecar, Unreachable, Who, data_folder, make_token
from ._base import WARNED, log, warn_once
from ._node import find_node, packed_program

if TYPE_CHECKING:
    from ._hook import UnloadHook

ENDS_WITH = "GPU_PANEL_ENDS_WITH"
"""Tells the sidecar with what it ends: ``stdin`` or ``leases``."""
EXIT_PORT_TAKEN = 3
START_PATIENCE_S = 180.0
"""A checkout may have to build first."""
RESTART_PAUSE_S = 5.0
"""After a start that failed, doubled each time …"""
LONGEST_PAUSE_S = 300.0
"""… up to this."""
LOOK_PAUSE_S = 2.0
"""Between two looks at a port that somebody else has."""
LEASE_SILENCE_S = 15.0
"""An open lease is written to every five seconds: a sidecar that is silent for longer has been stopped, or hangs."""


class Launcher:
    """The sidecar of a mounted panel: one that runs is used, otherwise one is started. A lease keeps it running."""

    def __init__(
        self,
        sidecar: Sidecar,
        command: Optional[Sequence[str]],
        start: bool,
        environment: Dict[str, str],
        origins: Sequence[str],
        hook: Optional[UnloadHook[Any]] = None,
        label: str = "app",
        backend: Optional[Tuple[str, str]] = None,
    ) -> None:
        self.sidecar = sidecar
        self._command = command
        self._may_start = start
        self._environment = environment
        self._origins = origins
        self._hook = hook
        self._label = label
        self._kind = backend
        self._lock = threading.Lock()
        self._keeper: Optional[threading.Thread] = None
        self._wake = threading.Event()
        self._process: Optional[subprocess.Popen[bytes]] = None
        self._lease: Optional[socket.socket] = None
        self._failures = 0
        self._next_start = 0.0
        self._closed = False
        self.state = "starting"
        """``up``, ``starting`` or ``failed``."""
        self.reason = ""
        self.backend: Optional[str] = None
        """What the sidecar calls the hook of this app: all that its page may release."""

    def ensure(self) -> None:
        """Sees to the sidecar in the background, from now on. Cheap to call often."""
        with self._lock:
            if self._closed or self._keeper is not None:
                return
            self._keeper = threading.Thread(target=self._keep, name="gpu-status-panel", daemon=True)
            self._keeper.start()

    def _keep(self) -> None:
        while not self._closed:
            try:
                pause = self._look()
            except Exception as error:
                pause = self._fail_start(f"{error}" if isinstance(error, RuntimeError) else f"{type(error).__name__}: {error}")
            self._wake.wait(pause)
            self._wake.clear()

    def _look(self) -> float:
        """Uses what runs, or starts it; returns how long to wait before the next look."""
        try:
            who = self.sidecar.whoami()
        except Unreachable as error:
            return self._nobody(error)
        if who is None:
            return self._fail(f"port {self.sidecar.port} is held by another program: take another one with GPU_PANEL_PORT, or name the panel with GPU_PANEL_URL")
        if who.proven is False and not self.sidecar.is_named:
            return self._fail(
                f"what answers on port {self.sidecar.port} does not know this user's token: another user's panel, perhaps."
                " Set GPU_PANEL_TOKEN to its token, or take another port with GPU_PANEL_PORT"
            )
        return self._use(who)

    def _nobody(self, error: Unreachable) -> float:
        if not isinstance(error.__cause__, ConnectionRefusedError) and self.sidecar.is_local:
            return self._fail("the sidecar does not answer: it hangs, or was stopped")
        if not self._may_start:
            return self._fail(f"no sidecar answers at {self.sidecar.url}")
        if not self.sidecar.is_local:
            return self._fail(f"no sidecar answers at {self.sidecar.url}, and only one on this machine can be started")
        left = self._next_start - time.monotonic()
        return left if left > 0 else self._start()

    def token_to_be(self) -> Optional[str]:
        """The token of a sidecar that is about to be started here."""
        starts = self._may_start and self.sidecar.is_local and self.state != "up"
        return make_token(self.sidecar.port) if starts else None

    def _fail(self, reason: str) -> float:
        self.state, self.reason = "failed", reason
        warn_once("start", "the panel is not there: %s", reason)
        return LOOK_PAUSE_S

    def _fail_start(self, reason: str) -> float:
        self._fail(reason)
        pause = min(LONGEST_PAUSE_S, RESTART_PAUSE_S * 2.0**self._failures)
        self._failures += 1
        self._next_start = time.monotonic() + pause
        # Somebody else may start one meanwhile.
        return min(pause, LOOK_PAUSE_S)

    # Using it

    def _use(self, who: Who) -> float:
        """Holds a lease while the sidecar lives."""
        wish: Dict[str, Any] = {"host": "python", "label": self._label, "pid": os.getpid()}
        if self._kind is not None:
            wish["hook"] = {"kind": self._kind[0], "url": self._kind[1], "app": app_key(self._label)}
        elif self._hook is not None and self._hook.private_url is not None:
            wish["hook"] = {"url": self._hook.private_url, "app": app_key(self._label)}
        answer, response, connection = self.sidecar.lease(wish, LEASE_SILENCE_S)
        if answer.status == 400 and "hook" in wish:
            warn_once("hook", "the panel does not take the hook of this program, so its page cannot release it: %s", answer.message)
            connection.close()
            del wish["hook"]
            answer, response, connection = self.sidecar.lease(wish, LEASE_SILENCE_S)
        try:
            if answer.status != 200:
                return self._without_lease(wish, answer)
            self._lease = connection.sock
            self.backend = answer.body.get("backend")
            self._up(who)
            while not self._closed and response.readline():
                pass
        except OSError as error:
            log.debug("gpu_status_panel: the lease broke: %r", error)
        finally:
            self._lease = None
            connection.close()
        if not self._closed:
            self.state = "starting"
        return 0.0

    def _without_lease(self, wish: Dict[str, Any], answer: Answer) -> float:
        """A panel that lets this program look and no more, or is an older one."""
        if "hook" in wish and answer.status in (401, 403):
            warn_once("hook", "the panel runs already and takes no hook from here, nobody can release: set GPU_PANEL_TOKEN for both. %s", answer.message)
        self.state = "up"
        return LOOK_PAUSE_S

    def _up(self, who: Who) -> None:
        self.state, self._failures, self._next_start = "up", 0, 0.0
        WARNED.pop("start", None)
        log.info("gpu_status_panel: the sidecar %s runs at %s", who.version, self.sidecar.url)

    # Starting it

    def _start(self) -> float:
        """Starts one and waits until it answers, or another one has the port."""
        self.state = "starting"
        with self._open_log() as said:
            begin = said.seek(0, os.SEEK_END)
            process = self._process = self._spawn(said)
            until = time.monotonic() + START_PATIENCE_S
            while time.monotonic() < until and not self._closed:
                code = process.poll()
                if code == EXIT_PORT_TAKEN and self._somebody_answers():
                    return 0.0
                if code is not None:
                    return self._fail_start(f"the sidecar did not start: {cause_in(said, begin) or f'exit code {code}'}")
                try:
                    if self.sidecar.whoami(timeout=1.0) is not None:
                        return 0.0
                except Unreachable:
                    self._wake.wait(0.05)
        return 0.0 if self._closed else self._fail_start("the sidecar does not answer")

    def _somebody_answers(self) -> bool:
        """Another host was faster: its sidecar is as good as one's own."""
        try:
            self.sidecar.whoami()
        except Unreachable:
            return False
        return True

    def _spawn(self, said: IO[bytes]) -> subprocess.Popen[bytes]:
        command = [*find_command(self._command), "--host", self.sidecar.host, "--port", str(self.sidecar.port), "--base-path", self.sidecar.base]
        for origin in self._origins:
            command += ["--allow-origin", origin]
        # In the environment the token is not seen in the list of processes.
        token = self.sidecar.token or make_token(self.sidecar.port)
        if self.sidecar.token is None:
            # It could not be kept in a file.
            self.sidecar.keep(token)
        environment = {**os.environ, **self._environment, "GPU_PANEL_TOKEN": token, ENDS_WITH: "leases"}
        log.info("gpu_status_panel: starting %s", " ".join(command))
        # It outlives this process while others use it, so that nothing of it hangs on a pipe of this one.
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=os.name == "posix",
            creationflags=flags,
        )

    def _open_log(self) -> IO[bytes]:
        """What the sidecar says, for this user alone: it prints its link with the token."""
        try:
            path = data_folder() / f"mount-{self.sidecar.port}.log"
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.is_file() and path.stat().st_size > 1_000_000:
                path.unlink()
            made: IO[bytes] = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "r+b", buffering=0)
            return made
        except (OSError, RuntimeError):
            import tempfile

            return tempfile.TemporaryFile(buffering=0)

    def close(self) -> None:
        """Gives the lease back: a sidecar that a host started ends soon after the last one. Idempotent."""
        self._closed = True
        self._wake.set()
        lease = self._lease
        if lease is not None:
            try:
                lease.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def forget(self) -> None:
        """In a forked child: the lease is the parent's, and must not outlive it because the child holds the connection."""
        lease, self._lease = self._lease, None
        # A worker that serves asks anew with its first request; another one asks for nothing.
        self._lock, self._wake = threading.Lock(), threading.Event()
        self._process = self._keeper = None
        self.state = "starting"
        if lease is not None:
            try:
                os.close(lease.detach())
            except OSError:
                pass


def app_key(label: str) -> str:
    """The same for all workers of one app, and for the one that a reload puts in its place; of other apps another one."""
    import hashlib

    words = [os.getcwd(), label, *sys.argv]
    return hashlib.sha256("\0".join(words).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def cause_in(said: IO[bytes], begin: int) -> str:
    """The cause in what a program said: the last line of ours, else the last one; warnings come before it."""
    said.seek(max(begin, said.seek(0, os.SEEK_END) - 4000))
    lines = [line.strip() for line in said.read().decode("utf-8", "replace").splitlines() if line.strip()]
    ours = [line for line in lines if line.startswith("gpu-status-panel: ")]
    return ([*lines, *ours] or [""])[-1][-600:]


def find_command(given: Optional[Sequence[str]]) -> List[str]:
    """How the sidecar is started: as told, the package's own, or that of the checkout this file lies in.

    A copied file has none: then one that is installed, on Python's path, as a local npm package or on PATH. Nothing here
    asks a registry.
    """
    if given:
        return list(given)
    told = os.environ.get("GPU_PANEL_COMMAND")
    if told:
        # A path may hold blanks.
        return [told] if os.path.isfile(told) else shlex.split(told, posix=os.name == "posix")
    packed = packed_program(__file__)
    if packed is not None:
        return [find_node(), str(packed)]
    for root in Path(__file__).resolve().parents[2:3]:
        # A checkout, which builds itself first, or an installed npm package, where everything is built.
        for program in (root / "server" / "start.mjs", root / "dist" / "server" / "main.js"):
            if program.is_file() and (root / "package.json").is_file():
                return [find_node(), str(program)]
    for root in (Path.cwd(), *Path.cwd().parents):
        program = root / "node_modules" / "gpu-status-panel" / "dist" / "server" / "main.js"
        if program.is_file():
            return [find_node(), str(program)]
    installed = shutil.which("gpu-status-panel")
    if installed:
        return [installed]
    raise RuntimeError(f'the sidecar is not installed: "{sys.executable}" -m pip install "gpu-status-panel[node]"')
