"""Answers of the sidecar as they come: head and body."""

from __future__ import annotations

import asyncio
from typing import AsyncIterator, NamedTuple

from ._api import Unreachable
from ._asgi import header_of
from ._base import Headers


CONNECT_S = 5.0
ANSWER_S = 75.0
"""Longer than a poll of Socket.IO or a waiting job is held back."""
CHUNK_BYTES = 64 * 1024
HOP_BY_HOP = {b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade"}


class Head(NamedTuple):
    """The first lines of the sidecar's answer."""

    status: int
    headers: Headers


async def read_head(reader: asyncio.StreamReader, limit_s: float) -> Head:
    raw = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), limit_s)
    first, *lines = raw[:-4].split(b"\r\n")
    parts = first.split(b" ", 2)
    if len(parts) < 2 or not parts[0].startswith(b"HTTP/1.") or not parts[1].isdigit():
        raise Unreachable("what answers is no HTTP server")
    headers = []
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon:
            raise Unreachable("a header without a colon")
        headers.append((name.strip().lower(), value.strip()))
    return Head(int(parts[1]), headers)


def without_hops(headers: Headers) -> Headers:
    named = {name.strip().lower().encode() for key, value in headers if key == b"connection" for name in value.decode("latin-1").split(",")}
    return [(key, value) for key, value in headers if key not in HOP_BY_HOP and key not in named]


async def body_of(reader: asyncio.StreamReader, head: Head, method: str) -> AsyncIterator[bytes]:
    """Yields the body of an answer as it comes."""
    if method == "HEAD" or head.status in (204, 304) or head.status < 200:
        return
    if "chunked" in header_of(head.headers, b"transfer-encoding").lower():
        while True:
            line = await asyncio.wait_for(reader.readline(), ANSWER_S)
            size = int(line.split(b";")[0].strip() or b"0", 16)
            if size == 0:
                return
            while size > 0:
                chunk = await asyncio.wait_for(reader.read(min(size, CHUNK_BYTES)), ANSWER_S)
                if not chunk:
                    raise Unreachable("the answer broke off")
                size -= len(chunk)
                yield chunk
            await reader.readexactly(2)
    length = header_of(head.headers, b"content-length")
    left = int(length) if length.isdigit() else None
    while left is None or left > 0:
        chunk = await asyncio.wait_for(reader.read(CHUNK_BYTES if left is None else min(left, CHUNK_BYTES)), ANSWER_S)
        if not chunk:
            if left:
                raise Unreachable("the answer broke off")
            return
        if left is not None:
            left -= len(chunk)
        yield chunk


FAILURES = (OSError, EOFError, asyncio.TimeoutError, asyncio.LimitOverrunError, ValueError, Unreachable)
