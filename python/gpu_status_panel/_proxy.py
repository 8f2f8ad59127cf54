"""The panel under the app's own port: HTTP, and who may."""

from __future__ import annotations

import asyncio
import html
import inspect
import ipaddress
import json
import re
import sys
from typing import Any, Callable, Optional, Sequence, Tuple, Union
from urllib.parse import quote, urlsplit

from ._asgi import Decision, JSON_HEADERS, header_of, path_below, read_body, refuse_websocket, send_json, send_whole
from ._base import Headers, Receive, Scope, Send, is_loopback, log, problem, warn_once
from ._launch import Launcher
from ._upstream import ANSWER_S, CONNECT_S, FAILURES, HOP_BY_HOP, body_of, read_head, without_hops
from ._websocket import join, open_websocket


LARGEST_BODY_BYTES = 64 * 1024
LARGEST_HEAD_BYTES = 64 * 1024
# Set anew, or no business of the sidecar: cookies and log-ins are the app's.
NOT_PASSED = HOP_BY_HOP | {b"x-gpu-panel-backend", b"content-digest", b"host", b"content-length", b"cookie", b"origin", b"referer", b"authorization", b"forwarded", b"x-real-ip", b"expect"}
# What the token of the app is added to: the panel's own button, and nothing else.
RELEASING = re.compile(r"^(?:socket\.io(?:/|$)|api/v1/release(?:/[\w-]+)?$|api/v1/backends/[\w-]+/prepare$)")
PRIVATE_NAME = re.compile(r"\.(?:local|lan|internal|localdomain|home\.arpa)$")


async def decide(decision: Decision, scope: Scope) -> bool:
    """True, False, or what the host's function says of this request."""
    if not callable(decision):
        return bool(decision)
    said = decision(scope)
    return bool(await said if inspect.isawaitable(said) else said)


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
        return self._is_own_origin(scope["headers"]) and await decide(self._allow_view, scope)

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

    def _request_headers(self, scope: Scope, target: bytes, releases: bool, body: bytes = b"") -> Headers:
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
            signature = self._sidecar.signature(str(scope.get("method", "GET")), target.decode("latin-1"), body)
            passed += [(key.encode(), value.encode()) for key, value in signature.items()]
            if self._launcher.backend is not None:
                # The page of an app releases that app.
                passed.append((b"x-gpu-panel-backend", self._launcher.backend.encode()))
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


ABSENT_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="2">
<meta name="color-scheme" content="light dark"><title>GPU</title>
<body style="margin:0;padding:16px;font:14px/1.5 system-ui,sans-serif">
<p>The GPU status panel {english} · GPU 状态面板{chinese}</p><p style="opacity:.7;overflow-wrap:anywhere">{reason}</p></body></html>
"""
