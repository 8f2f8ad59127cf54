"""ComfyUI: the GPU status panel as a tab of the sidebar, on ComfyUI's own port.

A custom node without nodes: it puts the panel under /gpu-status-panel/, starts the sidecar if none runs and tells it
of this ComfyUI, so that "Release VRAM" asks for /free. What draws the tab is web/gpu-status-panel.js.
"""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import sys
from pathlib import Path
from typing import Any, Dict

WEB_DIRECTORY = "./web"
NODE_CLASS_MAPPINGS: Dict[str, Any] = {}
NODE_DISPLAY_NAME_MAPPINGS: Dict[str, str] = {}
__all__ = ["NODE_CLASS_MAPPINGS", "NODE_DISPLAY_NAME_MAPPINGS", "WEB_DIRECTORY"]

PATH = "/gpu-status-panel"
GONE_CHECK_S = 1.0
LARGEST_MESSAGE_BYTES = 1024 * 1024


def load_panel() -> Any:
    """``gpu_status_panel.py``: copied beside this file, or where it lies in the project that is linked here; else the installed package."""
    if "gpu_status_panel" in sys.modules:
        return sys.modules["gpu_status_panel"]
    here = Path(__file__).resolve().parent
    for folder in (here, here.parent / "python"):
        file = folder / "gpu_status_panel.py"
        spec = importlib.util.spec_from_file_location("gpu_status_panel", file) if file.is_file() else None
        if spec is not None and spec.loader is not None:
            module = importlib.util.module_from_spec(spec)
            sys.modules["gpu_status_panel"] = module
            spec.loader.exec_module(module)
            return module
    try:
        return importlib.import_module("gpu_status_panel")
    except ImportError:
        raise ImportError("gpu-status-panel: pip install the wheel, or copy integrations/python/gpu_status_panel.py into this folder") from None


def own_address() -> str:
    """Where this ComfyUI listens, as a program of the same machine reaches it."""
    from comfy.cli_args import args

    listen = str(getattr(args, "listen", "") or "127.0.0.1").split(",")[0]
    host = "127.0.0.1" if listen in ("0.0.0.0", "::", "") else listen
    scheme = "https" if getattr(args, "tls_keyfile", None) else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{args.port}"


def register() -> None:
    """Adds the route. ComfyUI itself has no log-in: whoever may use it may free its memory, here as there."""
    from server import PromptServer

    panel = load_panel()
    app = panel.panel_app(
        PATH,
        allow_release=lambda scope: True,
        backend=("comfyui", own_address()),
    )

    async def handle(request: Any) -> Any:
        return await answer(app, request)

    PromptServer.instance.routes.route("*", PATH + "/{rest:.*}")(handle)


# ComfyUI serves with aiohttp; the panel's proxy speaks ASGI. What follows is the one in terms of the other.


def scope_of(request: Any, kind: str) -> Dict[str, Any]:
    # ComfyUI has every route a second time below /api, and may itself stand below a path.
    before = request.path[: request.path.index(PATH)]
    peer = request.transport.get_extra_info("peername") if request.transport else None
    return {
        "type": kind,
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.scheme if kind == "http" else request.scheme.replace("http", "ws"),
        "path": request.path,
        "root_path": before + PATH,
        "query_string": request.query_string.encode() if "%" not in request.raw_path else request.raw_path.partition("?")[2].encode(),
        "headers": [(name.lower(), value) for name, value in request.raw_headers],
        "client": (peer[0], peer[1]) if peer else None,
        "subprotocols": [one.strip() for one in request.headers.get("sec-websocket-protocol", "").split(",") if one.strip()],
        "extensions": {},
    }


async def answer(app: Any, request: Any) -> Any:
    if request.headers.get("upgrade", "").lower() == "websocket":
        return await answer_websocket(app, request)
    return await answer_http(app, request)


async def answer_http(app: Any, request: Any) -> Any:
    from aiohttp import web

    response: Any = None
    read_all = False

    async def receive() -> Dict[str, Any]:
        nonlocal read_all
        if not read_all:
            chunk = await request.content.read(64 * 1024)
            read_all = request.content.at_eof()
            return {"type": "http.request", "body": chunk, "more_body": not read_all}
        while request.transport is not None and not request.transport.is_closing():
            await asyncio.sleep(GONE_CHECK_S)
        return {"type": "http.disconnect"}

    async def send(message: Dict[str, Any]) -> None:
        nonlocal response
        if message["type"] == "http.response.start":
            response = web.StreamResponse(status=message["status"])
            for name, value in message["headers"]:
                response.headers.add(name.decode("latin-1"), value.decode("latin-1"))
            await response.prepare(request)
        elif message.get("body"):
            await response.write(message["body"])

    await app(scope_of(request, "http"), receive, send)
    if response is None:
        return web.Response(status=499)
    await response.write_eof()
    return response


async def answer_websocket(app: Any, request: Any) -> Any:
    from aiohttp import WSMsgType, web

    socket: Any = None
    connected = False

    async def receive() -> Dict[str, Any]:
        nonlocal connected
        if not connected:
            connected = True
            return {"type": "websocket.connect"}
        while True:
            message = await socket.receive()
            if message.type == WSMsgType.TEXT:
                return {"type": "websocket.receive", "text": message.data}
            if message.type == WSMsgType.BINARY:
                return {"type": "websocket.receive", "bytes": message.data}
            return {"type": "websocket.disconnect", "code": socket.close_code or 1000}

    async def send(message: Dict[str, Any]) -> None:
        nonlocal socket
        if message["type"] == "websocket.accept":
            chosen = message.get("subprotocol")
            socket = web.WebSocketResponse(protocols=(chosen,) if chosen else (), max_msg_size=LARGEST_MESSAGE_BYTES)
            await socket.prepare(request)
        elif socket is None:
            return
        elif message["type"] == "websocket.close":
            await socket.close(code=message.get("code", 1000), message=str(message.get("reason", "")).encode())
        elif message.get("text") is not None:
            await socket.send_str(message["text"])
        else:
            await socket.send_bytes(message["bytes"])

    await app(scope_of(request, "websocket"), receive, send)
    return socket if socket is not None else web.Response(status=403)


try:
    register()
except Exception:  # ComfyUI goes on without the panel.
    logging.exception("gpu-status-panel: the panel is not there")
