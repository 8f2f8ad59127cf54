"""The panel under an app's own port: page, socket by WebSocket and by polling, and release, through FastAPI and uvicorn."""

import asyncio
import base64
import hashlib
import json
import logging
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import unittest
from unittest import mock

import websockets
from fastapi import FastAPI
from rig import HERE, MAIN, RigTest, call, free_port, is_up, wait_until
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

import gpu_status_panel as panel
from gpu_status_panel import mount, unload_hook

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


class MountTest(RigTest):
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

    def test_the_page_its_assets_and_the_api_come_through_the_apps_port(self) -> None:
        app = FastAPI()

        @app.get("/{page:path}")
        def everything(page: str):
            return {"page": page}

        url = self.start(app)
        page = call(url)
        self.assertEqual(page.status, 200)
        self.assertIn("text/html", page.headers["content-type"])
        self.assertIn("frame-ancestors", page.headers["content-security-policy"])
        script = next(part for part in page.body.decode().split('"') if part.endswith(".js"))
        packed = call(url + script.lstrip("./"), headers={"accept-encoding": "gzip"})
        self.assertEqual((packed.status, packed.headers.get("content-encoding")), (200, "gzip"))
        self.assertEqual(call(url + "embed?view=compact").status, 200)
        self.assertEqual(call(url + "api/v1/state").json()["state"]["gpus"][0]["memoryUsedMiB"], 2000)
        self.assertEqual(call(url + "nothing").status, 404)
        self.assertEqual((call(self.base + "/gpu?lang=en").status, call(self.base + "/gpu?lang=en").headers["location"]), (307, "gpu/?lang=en"))
        self.assertEqual(call(self.base + "/gpu-other").json(), {"page": "gpu-other"}, "the app keeps what is its own")
        head = call(url, "HEAD")
        self.assertEqual((head.status, head.body), (200, b""))

    def test_the_socket_comes_through_by_websocket(self) -> None:
        url = self.start()

        async def scenario():
            channel, hello = await greet(url, Origin=self.base)
            self.assertEqual(hello["state"]["gpus"][0]["memoryUsedMiB"], 2000)
            self.assertFalse(hello["capabilities"]["release"]["allowed"])
            samples = 0
            while samples < 3:
                text = await asyncio.wait_for(channel.recv(), 20)
                samples += text.startswith('42["turn"')
            await channel.close()

        asyncio.run(scenario())

    def test_the_socket_comes_through_by_polling(self) -> None:
        url = self.start()
        address = url + "socket.io/?EIO=4&transport=polling"
        opened = json.loads(call(address).body[1:])
        address += "&sid=" + opened["sid"]
        self.assertEqual(call(address, "POST", b'40{"protocol":2}', {"content-type": "text/plain"}).body, b"ok")
        received = ""
        while '["turn"' not in received:
            received += call(address).body.decode()
        self.assertIn('42["hello"', received)

    def test_many_sockets_at_once_and_a_viewer_that_goes_leaves_nothing(self) -> None:
        url = self.start()

        async def scenario():
            many = await asyncio.gather(*(greet(url) for _ in range(20)))
            for channel, hello in many:
                self.assertEqual(hello["protocol"], 2)
            for channel, _ in many[:10]:
                await channel.close()
            for channel, _ in many[10:]:
                channel.transport.abort()

        asyncio.run(scenario())
        sidecar = self.launcher.sidecar.port
        wait_until("the sidecar's connections to be closed", lambda: connections_to(sidecar) == 0)

    def test_visitors_may_look_and_not_release(self) -> None:
        freed = []
        url = self.start(hook=lambda: freed.append(1))
        for path, method in (("api/v1/release", "POST"), ("api/v1/jobs", "POST"), ("api/v1/release/x", "DELETE"), ("api/v1/backends/http/prepare", "POST")):
            self.assertEqual(call(url + path, method, {}).status, 403, path)
            self.assertEqual(call(url + path, method, {}, {"authorization": "Bearer wrong-token"}).status, 403, path)

        async def scenario():
            channel, hello = await greet(url)
            self.assertFalse(hello["capabilities"]["release"]["allowed"])
            await channel.send("421" + json.dumps(["release", {"requestId": "r", "bootId": hello["bootId"], "mode": "now"}]))
            text = await answer_to(channel, "431")
            self.assertIn('"ok":false', text)
            await channel.close()

        asyncio.run(scenario())
        self.assertEqual(freed, [])
        self.assertEqual(call(url + "api/v1/state").status, 200)

    def test_who_has_the_token_may_release_through_the_port(self) -> None:
        gpu = self.fake(used_mib=15_000)
        url = self.start(gpu=gpu, hook=lambda: gpu.set_used(1000))
        token = self.launcher.sidecar.token
        self.assertNotIn(token, call(url).body.decode())
        started = call(url + "api/v1/release", "POST", {"mode": "now"}, {"authorization": f"Bearer {token}"})
        self.assertEqual(self.outcome(url, started.json()["id"])["freedMiB"], 14_000)

    def outcome(self, url, release_id):
        address = f"{url}api/v1/release/{release_id}"
        return wait_until("the release", lambda: (r := call(address).json())["state"] in ("done", "failed") and r, 60)

    def test_pages_of_the_app_may_release_where_that_is_allowed_and_no_others(self) -> None:
        gpu = self.fake(used_mib=15_000)
        url = self.start(gpu=gpu, hook=lambda: gpu.set_used(1000), allow_release=True)
        body = {"mode": "now"}
        for headers in (
            OUTSIDE,
            {"origin": "null"},
            {"origin": self.base, "host": "evil.example"},
            {"sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "same-site"},
            {"origin": "http://rebound.example", "host": "rebound.example"},
        ):
            self.assertEqual(call(url + "api/v1/release", "POST", body, headers).status, 403, headers)
        self.assertEqual(call(url + "api/v1/jobs", "POST", {"peakMiB": 1}, {"origin": self.base}).status, 403, "only the button")

        async def scenario():
            channel, hello = await greet(url, Origin=self.base)
            self.assertTrue(hello["capabilities"]["release"]["allowed"])
            self.assertNotIn(self.launcher.sidecar.token, json.dumps(hello))
            await channel.send("421" + json.dumps(["release", {"requestId": "r", "bootId": hello["bootId"], "mode": "now"}]))
            text = await answer_to(channel, "431")
            await channel.close()
            return json.loads(text[3:])[0]

        answered = asyncio.run(scenario())
        self.assertEqual(self.outcome(url, answered["data"]["id"])["freedMiB"], 14_000)
        again = call(url + "api/v1/release", "POST", body, {"origin": self.base, "sec-fetch-site": "same-origin"})
        self.assertEqual(again.status, 202)
        with self.assertLogs("gpu_status_panel", logging.WARNING) as logs:
            panel.WARNED.clear()
            call(url + "api/v1/release", "POST", body, {"origin": "http://demo.example", "host": "demo.example"})
        self.assertIn("allow_origin", logs.output[0])

    def test_foreign_pages_can_neither_read_nor_connect(self) -> None:
        url = self.start(allow_origin=["https://friend.example"])
        self.assertEqual(call(url + "api/v1/state", headers=OUTSIDE).status, 403)
        self.assertEqual(call(url + "api/v1/state", headers={"origin": "https://friend.example"}).status, 200)
        self.assertEqual(call(url + "api/v1/state", headers={"origin": "https://demo.example", "x-forwarded-host": "demo.example"}).status, 200)
        with self.assertRaises(websockets.InvalidStatus) as refused:
            asyncio.run(greet(url, Origin="https://evil.example"))
        self.assertEqual(refused.exception.response.status_code, 403)
        self.assertEqual(call(url + "socket.io/?EIO=4&transport=polling", headers=OUTSIDE).status, 403)

    def test_the_apps_own_log_in_can_decide(self) -> None:
        async def is_admin(scope):
            return panel.header_of(scope["headers"], b"x-user") == "admin"

        url = self.start(allow_view=lambda scope: panel.header_of(scope["headers"], b"x-user") != "", allow_release=is_admin, hook=lambda: None)
        self.assertEqual(call(url).status, 403)
        self.assertEqual(call(url, headers={"x-user": "guest"}).status, 200)
        with self.assertRaises(websockets.InvalidStatus):
            asyncio.run(greet(url))

        async def capability(user):
            channel, hello = await greet(url, **{"x-user": user})
            await channel.close()
            return hello["capabilities"]["release"]["allowed"]

        self.assertFalse(asyncio.run(capability("guest")))
        self.assertTrue(asyncio.run(capability("admin")))

    def test_cookies_and_log_ins_of_the_app_do_not_reach_the_sidecar(self) -> None:
        seen = []
        upstream = self.upstream(lambda request: seen.append(request) or b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
        url = self.start(start=False, url=upstream)
        wait_until("the upstream to be found", lambda: self.launcher.state == "up")
        sent = {"cookie": "session=1", "authorization": "Basic dTpw", "x-forwarded-for": "203.0.113.9", "connection": "x-hop", "x-hop": "1", "te": "trailers", "origin": self.base}
        self.assertEqual(call(url + "api/v1/state?a=%20b", headers=sent).status, 200)
        (request,) = [text for text in seen if "api/v1/state" in text]
        lines = request.lower().split("\r\n")
        self.assertEqual(lines[0], "get /api/v1/state?a=%20b http/1.1")
        for gone in ("cookie:", "authorization:", "x-hop:", "te:", "origin:"):
            self.assertFalse([line for line in lines if line.startswith(gone)], gone)
        self.assertIn("x-forwarded-for: 203.0.113.9", lines)
        self.assertIn("x-forwarded-prefix: /gpu", lines)
        self.assertIn(f"host: {upstream.split('/')[2]}", lines)

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

    def test_a_sidecar_that_runs_is_used_and_left_running(self) -> None:
        gpu = self.fake(used_mib=3000)
        running = self.sidecar(gpu)
        url = self.start(url=running.url, command=["false"])
        self.assertEqual(call(url + "api/v1/state").json()["state"]["gpus"][0]["memoryUsedMiB"], 3000)
        self.launcher.close()
        self.assertTrue(is_up(running.url))

    def test_a_found_sidecar_without_token_trusts_nobody_who_comes_through_the_app(self) -> None:
        running = self.sidecar(self.fake(), "--backend", "http", "--backend-url", "http://127.0.0.1:9009/unload")
        url = self.start(url=running.url, allow_release=True)

        async def scenario():
            channel, hello = await greet(url)
            await channel.close()
            return hello["capabilities"]["release"]["allowed"]

        self.assertFalse(asyncio.run(scenario()))
        self.assertEqual(call(url + "api/v1/release", "POST", {}).status, 403)
        self.assertEqual(call(url + "api/v1/release", "POST", {}, {"authorization": "Bearer x"}).status, 403)

    def test_without_sidecar_the_page_says_so_and_comes_when_it_is_there(self) -> None:
        port = free_port()
        with self.assertLogs("gpu_status_panel", logging.WARNING):
            url = self.start(start=False, url=f"http://127.0.0.1:{port}/")
            page = wait_until("the reason", lambda: (p := call(url)).status == 503 and b"no sidecar answers" in p.body and p)
        self.assertIn("text/html", page.headers["content-type"])
        self.assertEqual(call(url + "api/v1/state").json()["code"], "sidecar-unreachable")
        with self.assertRaises(websockets.InvalidStatus):
            asyncio.run(greet(url))
        self.sidecar(self.fake(), port=port)
        wait_until("the panel", lambda: call(url).status == 200)

    def test_a_sidecar_that_cannot_start_is_told_in_its_own_words(self) -> None:
        with self.assertLogs("gpu_status_panel", logging.WARNING), mock.patch.object(panel, "RESTART_PAUSE_S", 0.1):
            port = free_port()
            script = ["sh", "-c", "echo nvidia exploded; exit 3"]
            mounted = mount(FastAPI(), url=f"http://127.0.0.1:{port}/", command=script)
            url = self.serve(mounted).url + "/gpu/"
            wait_until("the words", lambda: b"nvidia exploded" in call(url).body)

    def test_one_that_dies_is_started_again(self) -> None:
        with mock.patch.object(panel, "RESTART_PAUSE_S", 0.1):
            url = self.start()
            boot = call(url + "api/v1/state").json()["bootId"]
            self.launcher._process.kill()
            wait_until("another run", lambda: (a := call(url + "api/v1/state")).status == 200 and a.json()["bootId"] != boot, 60)

    def test_the_sidecar_ends_with_the_host_however_that_ends(self) -> None:
        gpu = self.fake()
        for ending in ("sys.exit()", "os.kill(os.getpid(), 9)"):
            port = free_port()
            script = (
                "import os, sys, gpu_status_panel as p\n"
                f"p.mount(lambda *a: None, url='http://127.0.0.1:{port}/', command={COMMAND!r})\n"
                f"sys.stdin.readline()\n{ending}\n"
            )
            host = subprocess.Popen([sys.executable, "-c", script], cwd=HERE, env={**os.environ, **gpu.env}, stdin=subprocess.PIPE)
            url = f"http://127.0.0.1:{port}/"
            wait_until("the sidecar", lambda: is_up(url), 60)
            host.communicate(b"\n")
            wait_until(f"the sidecar to end after {ending}", lambda: not is_up(url))
            wait_until("its nvidia-smi to end", lambda: not processes_with(str(gpu.folder)))

    def test_the_token_is_kept_for_this_user_alone(self) -> None:
        url = self.start()
        path = panel.token_file(self.launcher.sidecar.port)
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        self.assertEqual(panel.Sidecar(self.launcher.sidecar.url).token, path.read_text())
        with panel.job(peak_mib=1000, url=self.launcher.sidecar.url) as running:
            self.assertIsNotNone(running.id, "a job of this user finds the token")
        arguments = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
        self.assertNotIn(path.read_text(), arguments)
        path.chmod(0o644)
        self.assertIsNone(panel.read_token(self.launcher.sidecar.port), "one that others could read is not used")
        self.assertIn("ok", call(url + "healthz").body.decode())

    def test_other_shapes_of_apps(self) -> None:
        async def bare(scope, receive, send):
            await panel.send_json(send, 200, {"app": scope["path"]})

        url = self.start(bare)
        self.assertEqual(call(url + "api/v1/profiles").status, 200)
        self.assertEqual(call(self.base + "/gpu").status, 307)
        self.assertEqual(call(self.base + "/gpus").json(), {"app": "/gpus"})

        found = self.launcher.sidecar.url
        starlette = Starlette(routes=[Route("/", lambda request: PlainTextResponse("app"))])
        outer = FastAPI()
        outer.mount("/outer", mount(starlette, path="/tools/gpu/", url=found))
        deep = self.serve(outer).url + "/outer/tools/gpu"
        wait_until("the nested panel", lambda: is_up(deep + "/"))
        self.assertEqual(call(deep).headers["location"], "gpu/")
        channel, _ = asyncio.run(self.greet_and_close(deep + "/"))
        proxied = FastAPI(root_path="/public")
        mount(proxied, url=found)
        self.assertTrue(wait_until("behind a root path", lambda: is_up(self.serve(proxied).url + "/gpu/")))

        class Blocks:
            def launch(self): ...
            def queue(self): ...

        blocks = Blocks()
        with self.assertRaisesRegex(TypeError, "prevent_thread_lock=True"):
            mount(blocks)
        blocks.app = FastAPI()
        self.assertIs(mount(blocks, url=found), blocks)
        self.assertTrue(wait_until("the launched app", lambda: is_up(self.serve(blocks.app).url + "/gpu/")))

    async def greet_and_close(self, url):
        channel, hello = await greet(url)
        await channel.close()
        return channel, hello

    def test_what_is_wrong_in_the_code_is_told_at_once(self) -> None:
        for path in ("", "/", "/../x", "/a b"):
            with self.assertRaisesRegex(ValueError, "such as /gpu"):
                mount(FastAPI(), path)
        with self.assertRaisesRegex(ValueError, "https://demo.example"):
            mount(FastAPI(), allow_origin=["demo.example"])
        with self.assertRaisesRegex(TypeError, "ASGI"):
            mount("app", url="http://127.0.0.1:9/")


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


def connections_to(port: int) -> int:
    """Connections to a port of this machine that are open, of proxied viewers alone."""
    wanted = f"0100007F:{port:04X}"
    with open("/proc/net/tcp") as table:
        rows = [line.split() for line in table][1:]
    return sum(1 for row in rows if row[2] == wanted and row[1].startswith("0200007F") and row[3] == "01")


def processes_with(text: str):
    found = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in found.splitlines() if text in line and "ps -eo" not in line]


if __name__ == "__main__":
    unittest.main()
