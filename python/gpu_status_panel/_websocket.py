"""The panel under the app's own port: WebSocket."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
import struct
from typing import Optional, Sequence, Tuple, Union

from ._api import Unreachable
from ._asgi import header_of
from ._base import Headers, Receive, Send, log
from ._upstream import CONNECT_S, FAILURES, read_head


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
