"""ComfyUI serves with aiohttp, the panel's proxy speaks ASGI: the one in terms of the other."""

from __future__ import annotations

import asyncio
from typing import Any, Dict

PATH = "/gpu-status-panel"
GONE_CHECK_S = 1.0
LARGEST_MESSAGE_BYTES = 1024 * 1024


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
    read_all = is_gone = False

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
        nonlocal response, is_gone
        try:
            if message["type"] == "http.response.start":
                response = web.StreamResponse(status=message["status"])
                for name, value in message["headers"]:
                    response.headers.add(name.decode("latin-1"), value.decode("latin-1"))
                await response.prepare(request)
            elif message.get("body") and not is_gone:
                await response.write(message["body"])
        except ConnectionResetError:  # The page is gone, as pages go: nothing for ComfyUI's log.
            is_gone = True

    await app(scope_of(request, "http"), receive, send)
    try:
        if response is not None and not is_gone:
            await response.write_eof()
            return response
    except ConnectionResetError:
        pass
    return web.Response(status=499)


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
        else:
            try:
                await (socket.send_bytes(message["bytes"]) if message.get("text") is None else socket.send_str(message["text"]))
            except ConnectionResetError:  # What it receives next says that it is closed.
                pass

    await app(scope_of(request, "websocket"), receive, send)
    return socket if socket is not None else web.Response(status=403)
