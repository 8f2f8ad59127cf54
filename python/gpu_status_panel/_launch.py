"""Finding or starting the sidecar, and holding a lease on it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Dict, Optional, Sequence, Tuple

from ._api import Answer, Sidecar, Unreachable, Who, make_token
from ._base import WARNED, log, warn_once
from ._start import cause_in, find_command, open_log, spawn

if TYPE_CHECKING:
    from ._hook import UnloadHook

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
"""An open lease is written to every second, by older sidecars every five: one that is silent for longer has been stopped, or hangs."""


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
        self.label = label
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
        if who.proven is None and self.sidecar.stranger is not None:
            # Its page would be one of this app's, and it would be told how to unload the app's models.
            return self._fail(
                f"port {self.sidecar.port} is held by a program of another user ({self.sidecar.stranger}), which proves nothing."
                f" If it is to be used, set GPU_PANEL_URL={self.sidecar.url}, otherwise take another port with GPU_PANEL_PORT"
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
        wish: Dict[str, Any] = {"host": "python", "label": self.label, "pid": os.getpid()}
        if self._kind is not None:
            wish["hook"] = {"kind": self._kind[0], "url": self._kind[1], "app": app_key(self.label)}
        elif self._hook is not None and self._hook.private_url is not None:
            wish["hook"] = {"url": self._hook.private_url, "app": app_key(self.label)}
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
        token = self.sidecar.token or make_token(self.sidecar.port)
        if self.sidecar.token is None:
            # It could not be kept in a file.
            self.sidecar.keep(token)
        flags = ["--host", self.sidecar.host, "--port", str(self.sidecar.port), "--base-path", self.sidecar.base]
        for origin in self._origins:
            flags += ["--allow-origin", origin]
        with open_log(self.sidecar.port) as said:
            begin = said.seek(0, os.SEEK_END)
            process = self._process = spawn([*find_command(self._command), *flags], token, self._environment, said)
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
