"""Small things of ASGI, and how a part gets into an app."""

from __future__ import annotations

import json
import re
from typing import Any, Dict, List, Optional

from ._base import ASGIApp, Headers, Receive, Scope, Send


BODY_S = 15.0
JSON_HEADERS: Headers = [
    (b"content-type", b"application/json; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
]


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


async def send_json(send: Send, status: int, body: Dict[str, Any]) -> None:
    await send_whole(send, status, JSON_HEADERS, json.dumps(body).encode())


async def send_whole(send: Send, status: int, headers: Headers, body: bytes) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})


async def read_body(receive: Receive, most: int) -> Optional[bytes]:
    """The whole body of a request; ``None`` when there is too much, when it is too slow, or when it breaks off."""
    import asyncio

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


async def refuse_websocket(scope: Scope, receive: Receive, send: Send, status: int) -> None:
    """Refuses a WebSocket before it is accepted: the server answers 403, or the status where it can."""
    await receive()
    if "websocket.http.response" in scope.get("extensions", {}) and status != 403:
        await send({"type": "websocket.http.response.start", "status": status, "headers": JSON_HEADERS})
        await send({"type": "websocket.http.response.body", "body": b"{}"})
    else:
        await send({"type": "websocket.close", "code": 1008 if status == 403 else 1013})


def is_demo(app: Any) -> bool:
    """Whether it is an app of Gradio's, such as ``gr.Blocks``."""
    return hasattr(app, "launch") and hasattr(app, "queue")


def attach_kind(app: Any) -> Any:
    """The app, if something can be attached to it; otherwise raises ``TypeError`` with what to do."""
    if is_demo(app):
        raise TypeError("gpu_status_panel: give the hook of a Gradio app to mount(demo, hook=…)")
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
