"""The panel under the app's own port: HTTP, and who may."""

from __future__ import annotations

import asyncio
import functools
import html
import json
import re
import sys
from importlib.util import find_spec
from typing import Mapping, Optional, Tuple
from urllib.parse import quote

from ._asgi import JSON_HEADERS, header_of, path_below, read_body, refuse_websocket, send_json, send_whole
from ._base import Headers, Receive, Scope, Send, log, problem
from ._launch import Launcher
from ._permission import Permission
from ._upstream import ANSWER_S, CONNECT_S, FAILURES, HOP_BY_HOP, Head, body_of, read_head, without_hops
from ._websocket import join, open_websocket


LARGEST_BODY_BYTES = 64 * 1024
LARGEST_HEAD_BYTES = 64 * 1024
# Set anew, or no business of the sidecar: cookies and log-ins are the app's.
NOT_PASSED = HOP_BY_HOP | {b"x-gpu-panel-backend", b"content-digest", b"host", b"content-length", b"cookie", b"origin", b"referer", b"authorization", b"forwarded", b"x-real-ip", b"expect"}
NO_WEBSOCKET = "no-websocket.js"
# Socket.IO goes on to polling when one fails, which has to be later than its listeners are there.
NO_WEBSOCKET_JS = b"globalThis.WebSocket = class { constructor() { setTimeout(() => this.onerror?.(new Event('error'))); } send() {} close() {} };\n"
SCRIPT_HEADERS: Headers = [(b"content-type", b"text/javascript; charset=utf-8"), (b"cache-control", b"no-cache"), (b"x-content-type-options", b"nosniff")]
# What the token of the app is added to: the panel's own button, and nothing else.
RELEASING = re.compile(r"^(?:socket\.io(?:/|$)|api/v1/release(?:/[\w-]+)?$|api/v1/backends/[\w-]+/(?:load|prepare)$)")


class PanelProxy:
    """ASGI app that hands requests on to the sidecar, HTTP and WebSocket alike."""

    def __init__(self, launcher: Launcher, mount_path: str, permission: Permission, own: Optional[Mapping[str, bytes]] = None) -> None:
        self._launcher = launcher
        self._sidecar = launcher.sidecar
        self._mount_path = mount_path
        self._permission = permission
        self._own = {NO_WEBSOCKET: NO_WEBSOCKET_JS, **(own or {})}

    @property
    def link(self) -> str:
        """The sidecar's own address with the token that lets release: for people at this machine, never for a page."""
        token = self._sidecar.token or self._launcher.token_to_be()
        return self._sidecar.url + (f"#token={token}" if token else "")

    def close(self) -> None:
        """No longer uses the sidecar, which ends with the last that does. Idempotent."""
        self._launcher.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)

    @property
    def backend(self) -> Optional[str]:
        """What the sidecar calls the hook of this app."""
        return self._launcher.backend

    async def may_view(self, scope: Scope) -> bool:
        """Whether a request may see the panel: for pages of the host that tell of it themselves."""
        return self._permission.is_own_origin(scope["headers"]) and await self._permission.may_look(scope)

    async def _may_release(self, scope: Scope) -> bool:
        """Whether what proves the right of the app is added to this request. Unconfined it would release every other app, too."""
        has_own = self._launcher.backend is not None or self._launcher.state != "up"
        return self._sidecar.token is not None and has_own and await self._permission.may_release(scope)

    def _request_headers(self, scope: Scope, target: bytes, releases: bool, body: bytes = b"") -> Headers:
        headers: Headers = scope["headers"]
        # A page that is changed on the way comes as it is.
        is_changed = target.split(b"?")[0].endswith((b"/", b"/embed")) and has_no_websocket()
        not_passed = NOT_PASSED | ({b"accept-encoding", b"if-none-match"} if is_changed else set())
        named = {name.strip().lower().encode() for name in header_of(headers, b"connection").split(",")}
        passed = [
            (key, value)
            for key, value in headers
            if key not in not_passed and key not in named and not key.startswith((b"x-forwarded-", b"sec-websocket-"))
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
            signature = self._sidecar.signature(str(scope.get("method", "GET")), target.decode("latin-1"), body)
            passed += [(key.encode(), value.encode()) for key, value in signature.items()]
            # The page of an app releases that app.
            passed.append((b"x-gpu-panel-backend", (self._launcher.backend or "none").encode()))
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
        if not self._permission.is_own_origin(scope["headers"]):
            return await send_json(send, 403, problem("origin-refused", "pages of this origin may not use the panel: mount(…, allow_origin=[…]) names those that may"))
        if not await self._permission.may_look(scope):
            return await send_json(send, 403, problem("not-allowed", "log in to see the panel"))
        if path in self._own and method in ("GET", "HEAD"):
            return await send_whole(send, 200, SCRIPT_HEADERS, self._own[path] if method == "GET" else b"")
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
            headers = self._request_headers(scope, target, releases, body)
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
            if path in ("", "embed") and has_no_websocket() and head.status == 200:
                return await self._send_polling_page(send, head, reader, method)
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

    async def _send_polling_page(self, send: Send, head: Head, reader: asyncio.StreamReader, method: str) -> None:
        """The page where the server cannot do WebSockets: it shall not try, at each visit, what is a warning in the app's log."""
        page = b"".join([chunk async for chunk in body_of(reader, head, method)])
        script = f'<head><script src="{NO_WEBSOCKET}"></script>'.encode()
        kept = [(key, value) for key, value in without_hops(head.headers) if key.lower() not in (b"content-length", b"etag")]
        await send_whole(send, 200, kept, page.replace(b"<head>", script, 1))

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
        if not self._permission.is_own_origin(scope["headers"]) or not await self._permission.may_look(scope):
            return await refuse_websocket(scope, receive, send, 403)
        if self._launcher.state != "up":
            self._launcher.ensure()
            return await refuse_websocket(scope, receive, send, 503)
        releases = await self._may_release(scope)
        writer: Optional[asyncio.StreamWriter] = None
        try:
            reader, writer = await self._open(releases)
            offered = scope.get("subprotocols") or []
            upstream = await open_websocket(reader, writer, target, self._request_headers(scope, target, releases), offered)
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


@functools.lru_cache(maxsize=None)
def has_no_websocket() -> bool:
    """Whether uvicorn finds neither of the packages that speak it; Gradio 6 brings none."""
    if any(find_spec(name) is not None for name in ("websockets", "wsproto")):
        return False
    log.warning("gpu_status_panel: the panel asks instead of listening, as this Python has no WebSockets: pip install websockets")
    return True


def forwarded_for(before: str, peer: str) -> str:
    """The addresses a request has come through; a server that trusts its proxy names the visitor as peer already."""
    if not before:
        return peer
    return before if before.split(",")[-1].strip() == peer else f"{before}, {peer}"


async def wait_until_gone(receive: Receive) -> None:
    """Returns when the one who asked has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


ABSENT_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="2">
<meta name="color-scheme" content="light dark"><title>GPU</title>
<body style="margin:0;padding:16px;font:14px/1.5 system-ui,sans-serif">
<p>The GPU status panel {english} · GPU 状态面板{chinese}</p><p style="opacity:.7;overflow-wrap:anywhere">{reason}</p></body></html>
"""
