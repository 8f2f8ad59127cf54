"""The panel under an app's own port: who may look, and who may release."""

import asyncio
import json
import logging
import socket
import subprocess
import unittest

import websockets
from rig import call, wait_until
from rig_mount import OUTSIDE, MountRig, answer_to, greet

import gpu_status_panel as panel


class MountRightsTest(MountRig):
    def test_visitors_may_look_and_not_release(self) -> None:
        freed = []
        url = self.start(hook=lambda: freed.append(1))
        for path, method in (("api/v1/release", "POST"), ("api/v1/jobs", "POST"), ("api/v1/release/x", "DELETE"), ("api/v1/backends/http/prepare", "POST"), ("api/v1/backends/http/load", "POST")):
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

    def test_pages_of_the_app_may_release_where_that_is_allowed_and_no_others(self) -> None:
        gpu = self.fake(used_mib=15_000)
        url = self.start(gpu=gpu, hook=lambda: gpu.set_used(1000), allow_release=True)
        body = {"mode": "now"}
        for headers in (
            OUTSIDE,
            {"origin": "null"},
            {"origin": "null", "host": "box"},
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

    def test_where_the_app_has_nothing_to_release_its_pages_release_nothing_else(self) -> None:
        with self.assertLogs("gpu_status_panel", logging.WARNING) as logs:
            url = self.start(allow_release=True)
        self.assertIn("nothing of its own to release", logs.output[0])
        freed = []
        other = panel.unload_hook(lambda: freed.append("another app's"), port=0)
        self.addCleanup(other.close)
        told = {"kind": "http", "url": other.private_url, "label": "other", "ttl": 60}
        self.assertEqual(panel.Sidecar(self.launcher.sidecar.url).call("POST", "api/v1/backends", told).status, 200)
        self.assertEqual(call(url + "api/v1/release", "POST", {"mode": "now"}).status, 403)

        async def scenario():
            channel, hello = await greet(url, Origin=self.base)
            self.assertFalse(hello["capabilities"]["release"]["allowed"])
            await channel.send("421" + json.dumps(["release", {"requestId": "r", "bootId": hello["bootId"], "mode": "now"}]))
            text = await answer_to(channel, "431")
            await channel.close()
            return text

        self.assertIn('"ok":false', asyncio.run(scenario()))
        self.assertEqual(freed, [])

    def test_a_page_that_may_release_changes_nothing_of_the_machines_owner(self) -> None:
        gpu = self.fake(used_mib=2000)
        url = self.start(gpu=gpu, hook=lambda: None, allow_release=True)

        async def scenario():
            channel, hello = await greet(url, Origin=self.base)
            self.assertTrue(hello["capabilities"]["release"]["allowed"])
            said = []
            for number, (event, message) in enumerate((("mute-rule", {"rule": "gpu-hot", "minutes": 60}), ("sessions", {"action": "start", "label": "mine"}), ("look-for-backends", None))):
                await channel.send(f"42{number}" + json.dumps([event] if message is None else [event, message]))
                said.append(json.loads((await answer_to(channel, f"43{number}"))[3:])[0])
            await channel.close()
            return said

        self.assertEqual([one["code"] for one in asyncio.run(scenario())], ["not-allowed"] * 3)

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


if __name__ == "__main__":
    unittest.main()
