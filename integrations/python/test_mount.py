"""The panel under an app's own port: page, socket by WebSocket and by polling, and its start and end, through FastAPI and uvicorn."""

import asyncio
import json
import logging
import os
import socket
import subprocess
import sys
import unittest
from unittest import mock

import websockets
from fastapi import FastAPI
from rig import HERE, call, free_port, is_up, wait_until
from rig_mount import COMMAND, MountRig, greet
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

import gpu_status_panel as panel
from gpu_status_panel import mount


class MountTest(MountRig):
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

    def test_a_sidecar_that_runs_is_used_and_left_running(self) -> None:
        gpu = self.fake(used_mib=3000)
        running = self.sidecar(gpu)
        url = self.start(url=running.url, command=["false"])
        self.assertEqual(call(url + "api/v1/state").json()["state"]["gpus"][0]["memoryUsedMiB"], 3000)
        self.launcher.close()
        self.assertTrue(is_up(running.url))

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

        with self.assertRaisesRegex(TypeError, r"mount\(demo, hook=…\)"):
            panel.unload_hook(lambda: None, app=Blocks())

    def test_where_the_server_has_no_websockets_the_page_does_not_try_them(self) -> None:
        with mock.patch.object(panel, "has_no_websocket", lambda: True):
            url = self.start()
            for page in ("", "embed"):
                self.assertIn(b'<head><script src="no-websocket.js"></script>', call(url + page, headers={"accept-encoding": "gzip"}).body)
        self.assertIn(b"globalThis.WebSocket = class", call(url + "no-websocket.js").body)
        self.assertNotIn(b"no-websocket", call(url).body)

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
