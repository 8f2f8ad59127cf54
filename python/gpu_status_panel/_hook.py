"""The unload hook."""

from __future__ import annotations

import functools
import hmac
import json
import re
import threading
from typing import TYPE_CHECKING, Any, Callable, Dict, Generic, Iterable, Optional, Tuple, TypeVar, Union, cast

from ._allocator import allocator_figures, empty_caches
from ._asgi import path_below, read_body, refuse_websocket, send_json
from ._base import DEFAULT_HOOK_PORT, Receive, Scope, Send, is_loopback, log, problem
from ._gate import GATE
from ._hook_server import HOOK_BODY_BYTES, hook_handler
from ._threads import in_thread, run_to_end


if TYPE_CHECKING:
    import http.server

SECRET_HEADER = "x-gpu-panel-secret"
MODES = ("auto", "now", "after-current", "interrupt")
PROXY_HEADERS = ("x-forwarded-for", "x-real-ip", "forwarded", "x-forwarded-host")


Unload = TypeVar("Unload", bound=Callable[..., Any])
"""The user's function, whose type the hook keeps."""


class UnloadHook(Generic[Unload]):
    """The unload hook of this process: what ``unload_hook`` returns. Still callable as the function it was made of."""

    def __init__(
        self,
        fn: Unload,
        *,
        interrupt: Optional[Callable[[], Any]],
        busy: Optional[Callable[[], Optional[bool]]],
        queue: Optional[Callable[[], Optional[int]]],
        models: Union[None, Callable[[], Iterable[Any]], Iterable[Any]],
        secret: Optional[str],
    ) -> None:
        import secrets

        functools.update_wrapper(cast(Callable[..., Any], self), fn)
        self.fn: Unload = fn
        self._interrupt = interrupt
        self._busy = busy
        self._queue = queue
        self._models = models
        self._secret = secret
        self._key = secrets.token_urlsafe(24)
        self._server: Optional[http.server.ThreadingHTTPServer] = None
        self.path = "/unload"

    @property
    def __call__(self) -> Unload:
        return self.fn

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
        import http.server

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


def call_with_mode(fn: Callable[..., Any], mode: str) -> Any:
    """Calls the user's function, with the mode where it takes a parameter of that name."""
    import inspect

    try:
        takes_mode = "mode" in inspect.signature(fn).parameters
    except (TypeError, ValueError):
        takes_mode = False
    return run_to_end(functools.partial(fn, mode=mode) if takes_mode else fn)
