"""The sidecar's HTTP API."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, NamedTuple, Optional, Tuple
from urllib.parse import urlsplit

from ._base import DEFAULT_PORT, is_loopback, log
from ._listener import PIDS, is_at_work, is_stopped, listener_at


if TYPE_CHECKING:
    import http.client

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


class Who(NamedTuple):
    """Who answers at a port."""

    version: str
    boot_id: str
    proven: Optional[bool]
    """That it knows the token of this user; ``None``: it has none, or no token is known here to ask it with."""


class Sidecar:
    """Where the sidecar is, and calls to its API with short time limits.

    On this machine the token itself is never sent: whoever happens to listen at the port would have it. Requests are
    signed with it.
    """

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
        self.is_named = bool(url or os.environ.get("GPU_PANEL_URL"))
        """Somebody said where it is, so that it is trusted to be there; a port by default proves nothing."""

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

    def keep(self, token: str) -> None:
        """For a token that no file could keep."""
        self._token = token

    def call(self, method: str, path: str, body: Optional[Dict[str, Any]] = None, timeout: float = CALL_TIMEOUT_S, more: Optional[Dict[str, str]] = None) -> Answer:
        """Calls the API, with ``more`` headers; raises ``Unreachable`` within ``timeout`` seconds when there is no answer to read."""
        import http.client

        # What has ended is told all the same: a sidecar that goes on reads it then.
        connection = self.connection(timeout, wakes=method == "DELETE")
        try:
            response = self._send(connection, method, path, body, more)
            text = response.read(LARGEST_ANSWER_BYTES)
            data = json.loads(text) if text else {}
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Unreachable(f"{self.url}: {error or type(error).__name__}") from error
        finally:
            connection.close()
        if not isinstance(data, dict):
            raise Unreachable(f"{self.url} is not the sidecar: it answers with something else")
        return Answer(response.status, data)

    def _send(self, connection: http.client.HTTPConnection, method: str, path: str, body: Optional[Dict[str, Any]], more: Optional[Dict[str, str]] = None) -> http.client.HTTPResponse:
        payload = None if body is None else json.dumps(body).encode()
        target = self.base + path
        headers = {"accept": "application/json", **(more or {}), "host": self.authority, **self.signature(method, target, payload or b"")}
        if body is not None:
            headers["content-type"] = "application/json"
        connection.request(method, target, payload, headers)
        return connection.getresponse()

    def signature(self, method: str, target: str, payload: bytes = b"") -> Dict[str, str]:
        """Headers that show that the sender of this request knows the token; none where there is no token."""
        token = self.token
        if not token:
            return {}
        if self.is_named and not self.is_local:
            # Somebody gave address and token together, and a proxy on the way may change what was signed.
            return {"authorization": f"Bearer {token}"}
        import base64
        import hashlib

        moment, nonce = str(int(time.time() * 1000)), os.urandom(16).hex()
        digest = f"sha-256=:{base64.b64encode(hashlib.sha256(payload).digest()).decode()}:"
        mac = hmac_of(token, "\n".join(("request", method, target, self.authority, moment, nonce, digest)))
        key = hashlib.sha256(f"gpu-status-panel key {token}".encode()).hexdigest()[:16]
        return {"authorization": f"GpuPanel key={key}, time={moment}, nonce={nonce}, mac={mac}", "content-digest": digest}

    def whoami(self, timeout: float = 5.0) -> Optional[Who]:
        """Asks who answers there; ``None``: something that is no panel. Raises ``Unreachable`` where nothing answers."""
        nonce = os.urandom(16).hex()
        connection = self.connection(timeout)
        try:
            connection.request("GET", f"{self.base}api/v1/whoami?nonce={nonce}", headers={"accept": "application/json", "host": self.authority})
            told = json.loads(connection.getresponse().read(LARGEST_ANSWER_BYTES))
        except ValueError:
            return None
        except OSError as error:
            raise Unreachable(f"{self.url}: {error or type(error).__name__}") from error
        except Exception as error:  # What http.client cannot read is no panel.
            log.debug("gpu_status_panel: %s: %r", self.url, error)
            return None
        finally:
            connection.close()
        if not isinstance(told, dict) or told.get("name") != "gpu-status-panel":
            return None
        import hmac

        proof, token = told.get("proof"), self.token
        proven = None if token is None or proof is None else hmac.compare_digest(str(proof), hmac_of(token, f"whoami {self.port} {nonce}"))
        pid = told.get("pid")
        if isinstance(pid, int) and self.is_local:
            PIDS[self.port] = pid
        return Who(str(told.get("version")), str(told.get("bootId")), proven)

    @property
    def stranger(self) -> Optional[int]:
        """The other user whose program has the port, where nobody said that it is to be used; ``None``: none that is known."""
        found = None if self.is_named or not self.is_local else listener_at(self.port)
        return found.uid if found is not None and found.is_foreign else None

    @property
    def is_at_work(self) -> bool:
        """It is there and has work, so that it is slow and not gone."""
        found = listener_at(self.port) if self.is_local else None
        return found is not None and is_at_work(self.port, found)

    def connection(self, timeout: float, wakes: bool = False) -> http.client.HTTPConnection:
        """Not open yet. Raises ``Unreachable`` at once where nobody would answer; ``wakes``: it is worth the wait."""
        import http.client

        found = listener_at(self.port) if self.is_local and not wakes else None
        if found is not None and is_stopped(self.port, found):
            raise Unreachable(f"{self.url}: the sidecar was stopped")

        kind = http.client.HTTPSConnection if self.scheme == "https" else http.client.HTTPConnection
        return kind(self.host, self.port, timeout=timeout)

    def lease(self, wish: Dict[str, Any], timeout: float) -> Tuple[Answer, http.client.HTTPResponse, http.client.HTTPConnection]:
        """Asks for a lease; it lasts while the response is held. ``timeout``: how long it may then be silent."""
        connection = self.connection(timeout)
        try:
            response = self._send(connection, "POST", "api/v1/lease", wish)
            body = json.loads(response.readline() if response.status == 200 else response.read(LARGEST_ANSWER_BYTES))
            if not isinstance(body, dict):
                raise ValueError("no object")
            return Answer(response.status, body), response, connection
        except Exception as error:
            connection.close()
            raise Unreachable(f"{self.url}: {error or type(error).__name__}") from error


def hmac_of(token: str, text: str) -> str:
    import hashlib
    import hmac

    return hmac.new(token.encode(), text.encode(), hashlib.sha256).hexdigest()


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
    import secrets

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
