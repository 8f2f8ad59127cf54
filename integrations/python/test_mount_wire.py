"""The panel under an app's own port: answers and frames of all kinds, from a server that is none of ours."""

import asyncio
import base64
import hashlib
import json
import socket
import struct
import unittest

import websockets
from rig import call, wait_until
from rig_mount import MountRig, read_frame

import gpu_status_panel as panel


class MountWireTest(MountRig):
    def test_answers_in_chunks_without_length_and_cut_off(self) -> None:
        replies = {
            "chunked": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5;x=1\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
            "endless": b"HTTP/1.1 200 OK\r\n\r\nuntil the end",
            "redirect": b"HTTP/1.1 308 Moved\r\nlocation: /api/v1/x\r\ncontent-length: 0\r\n\r\n",
            "nothing": b"HTTP/1.1 204 No Content\r\n\r\n",
            "garbage": b"SSH-2.0-OpenSSH\r\n\r\n",
        }
        url = self.start(start=False, url=self.upstream(lambda request: replies[request.split(" ")[1].strip("/").split("?")[0]]))
        wait_until("the upstream to be found", lambda: self.launcher.state == "up")
        self.assertEqual(call(url + "chunked").body, b"hello world")
        self.assertEqual(call(url + "endless").body, b"until the end")
        self.assertEqual(call(url + "redirect").headers["location"], "/gpu/api/v1/x")
        self.assertEqual(call(url + "nothing").status, 204)
        self.assertEqual(call(url + "garbage").json()["code"], "sidecar-unreachable")
        self.assertEqual(call(url + "socket.io/", "POST", b"x" * 70_000, {"content-type": "text/plain"}).status, 413)

    def test_websocket_frames_fragments_pings_and_close_codes(self) -> None:
        seen = {}

        def speak(connection):
            def frame(first, payload):
                size = len(payload)
                head = bytes([first, size]) if size < 126 else bytes([first, 126]) + struct.pack("!H", size) if size < 65536 else bytes([first, 127]) + struct.pack("!Q", size)
                connection.sendall(head + payload)

            frame(0x01, "frag".encode())
            frame(0x89, b"are you there")
            frame(0x80, "mented ü".encode())
            frame(0x82, bytes(300))
            frame(0x81, b"x" * 70_000)
            seen["pong"] = read_frame(connection)
            seen["text"] = read_frame(connection)
            seen["binary"] = read_frame(connection)
            frame(0x88, struct.pack("!H", 4001) + b"enough")
            seen["close"] = read_frame(connection)

        def handshake(request):
            key = next(line.split(": ")[1] for line in request.split("\r\n") if line.lower().startswith("sec-websocket-key"))
            accept = base64.b64encode(hashlib.sha1(key.encode() + panel.WEBSOCKET_GUID).digest())
            head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n"
            return lambda connection: (connection.sendall(head), speak(connection))

        url = self.start(start=False, url=self.upstream(handshake))
        wait_until("the upstream to be found", lambda: self.launcher.state == "up")

        async def scenario():
            async with websockets.connect(url.replace("http", "ws") + "socket.io/") as channel:
                received = [await channel.recv() for _ in range(3)]
                await channel.send("grüße")
                await channel.send(b"\x00\xff" * 200)
                await channel.wait_closed()
                return received, channel.close_code, channel.close_reason

        received, code, reason = asyncio.run(scenario())
        self.assertEqual(received, ["fragmented ü", bytes(300), "x" * 70_000])
        self.assertEqual((code, reason), (4001, "enough"))
        wait_until("the close to be answered", lambda: "close" in seen)
        self.assertEqual(seen["pong"], (0x8A, b"are you there"))
        self.assertEqual(seen["text"], (0x81, "grüße".encode()))
        self.assertEqual(seen["binary"], (0x82, b"\x00\xff" * 200))
        self.assertEqual(seen["close"], (0x88, struct.pack("!H", 4001)))


if __name__ == "__main__":
    unittest.main()
