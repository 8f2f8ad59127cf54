"""An app with the panel under its own port, and what speaks to it."""

import asyncio
import json
import socket
import struct
import threading
import unittest
from unittest import mock

import websockets
from fastapi import FastAPI
from rig import MAIN, RigTest, call, free_port, is_up, wait_until

import gpu_status_panel as panel
from gpu_status_panel import mount

COMMAND = ["node", str(MAIN), "--interval", "250"]
# What an older panel answers to the one who wants to use it.
OF_A_PANEL = {
    b"GET /api/v1/whoami": b'HTTP/1.1 200 OK\r\ncontent-length: 40\r\n\r\n{"name":"gpu-status-panel","proof":null}',
    b"POST /api/v1/lease": b"HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\n{}",
}
OUTSIDE = {"origin": "https://evil.example"}


async def greet(url, hello=None, **headers):
    """Connects as the panel does, by WebSocket, and returns the socket with the sidecar's hello."""
    address = url.replace("http", "ws") + "socket.io/?EIO=4&transport=websocket"
    channel = await websockets.connect(address, additional_headers=headers, max_size=2**22)
    assert (await channel.recv()).startswith("0{")
    await channel.send("40" + json.dumps({"protocol":2, **(hello or {})}))
    while True:
        text = await asyncio.wait_for(channel.recv(), 20)
        if text == "2":
            await channel.send("3")
        if text.startswith("42"):
            name, payload = json.loads(text[2:])
            if name == "hello":
                return channel, payload


async def answer_to(channel, prefix):
    while True:
        text = await asyncio.wait_for(channel.recv(), 20)
        if text == "2":
            await channel.send("3")
        if text.startswith(prefix):
            return text


def read_frame(connection):
    """One masked frame of a client, unmasked: its first byte and its payload."""

    def exactly(size):
        parts = b""
        while len(parts) < size:
            parts += connection.recv(size - len(parts))
        return parts

    first, second = exactly(2)
    assert second & 0x80, "a client masks"
    size = second & 0x7F
    if size == 126:
        (size,) = struct.unpack("!H", exactly(2))
    mask = exactly(4)
    return first, bytes(byte ^ mask[index % 4] for index, byte in enumerate(exactly(size)))


class MountRig(RigTest):
    """Against a sidecar that mount starts itself."""

    def setUp(self) -> None:
        panel.WARNED.clear()

    def start(self, app=None, gpu=None, **options):
        """An app with the panel mounted, and the panel's address on the app's port."""
        gpu = gpu or self.fake(used_mib=2000)
        port = free_port()
        launchers = []
        made = panel.Launcher

        def remember(*args):
            launchers.append(made(*args))
            return launchers[-1]

        options = {"url": f"http://127.0.0.1:{port}/", "command": COMMAND, "env": gpu.env, **options}
        with mock.patch.object(panel, "Launcher", remember):
            app = mount(app if app is not None else FastAPI(), **options)
        self.launcher = launchers[0]
        self.addCleanup(self.launcher.close)
        served = self.serve(app)
        self.base = served.url
        if options.get("start", True):
            wait_until("samples", lambda: is_up(self.launcher.sidecar.url) and self.launcher.state == "up", 60)
        return served.url + "/gpu/"

    def outcome(self, url, release_id):
        address = f"{url}api/v1/release/{release_id}"
        return wait_until("the release", lambda: (r := call(address).json())["state"] in ("done", "failed") and r, 60)

    def upstream(self, answer):
        """A server that answers each request with bytes; returns its address."""
        listening = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listening.close)

        def serve(connection):
            with connection:
                request = b""
                while b"\r\n\r\n" not in request:
                    part = connection.recv(65536)
                    if not part:
                        return
                    request += part
                own = next((reply for begin, reply in OF_A_PANEL.items() if request.startswith(begin)), None)
                reply = own or answer(request.decode())
                connection.sendall(reply if isinstance(reply, bytes) else b"")
                if callable(reply):
                    reply(connection)

        def accept():
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        return f"http://127.0.0.1:{listening.getsockname()[1]}/"
