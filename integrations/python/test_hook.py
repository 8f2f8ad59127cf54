"""The unload hook: who may call it, what it tells, and a real sidecar that releases by it."""

import asyncio
import logging
import sys
import threading
import types
import unittest
from unittest import mock

from rig import RigTest, call, free_port, wait_until
from test_jobs import fake_torch

import gpu_status_panel as panel
from gpu_status_panel import job, unload_hook

MIB = 1024 * 1024


class HookTest(RigTest):
    def setUp(self) -> None:
        self.freed = []
        panel.GATE.was_used = False

    def hook(self, fn=None, **options):
        made = unload_hook(fn or (lambda: self.freed.append("models")), port=options.pop("port", 0), **options)
        self.addCleanup(made.close)
        return made

    def test_it_unloads_empties_the_caches_and_tells_what_came_free(self) -> None:
        torch = fake_torch()
        torch.cuda.take(14_000)

        def free():
            torch.cuda.free(13_000)

        hook = self.hook(free, models=lambda: ["Wan2.1-1.3B"])
        with mock.patch.dict(sys.modules, {"torch": torch}):
            status = call(hook.url).json()
            answer = call(hook.url, "POST", {"action": "unload", "mode": "now"})
        self.assertEqual(status["allocator"], {"allocated_mib": 14_000, "reserved_mib": 14_000, "max_allocated_mib": 14_000})
        self.assertEqual((status["busy"], status["queue"], status["models"]), (None, None, ["Wan2.1-1.3B"]), "unknown is null")
        self.assertEqual((answer.status, answer.json()), (200, {"freed_mib": 13_000}))
        self.assertEqual(torch.cuda.calls, ["empty_cache", "ipc_collect"])

    def test_tensorflow_tells_what_it_knows(self) -> None:
        tensorflow = types.ModuleType("tensorflow")
        tensorflow.config = types.SimpleNamespace(
            list_logical_devices=lambda kind: ["/GPU:0", "/GPU:1"],
            experimental=types.SimpleNamespace(get_memory_info=lambda name: {"current": 100 * MIB, "peak": 300 * MIB}),
        )
        eager = types.ModuleType("tensorflow.python.eager.context")
        eager.context_safe = lambda: types.SimpleNamespace(_context_handle=None)
        with mock.patch.dict(sys.modules, {"tensorflow": tensorflow, "tensorflow.python.eager.context": eager}):
            self.assertIsNone(panel.allocator_figures(), "asking must not make TensorFlow take the GPU")
            eager.context_safe = lambda: types.SimpleNamespace(_context_handle=object())
            self.assertEqual(panel.allocator_figures(), {"allocated_mib": 200, "reserved_mib": None, "max_allocated_mib": 600})

    def test_it_never_unloads_under_a_job_and_a_job_waits_for_an_unload(self) -> None:
        inside, may_end = threading.Event(), threading.Event()

        def slow():
            inside.set()
            may_end.wait(30)
            self.freed.append("models")

        hook = self.hook(slow)
        nowhere = f"http://127.0.0.1:{free_port()}/"
        with job(peak_mib=1, url=nowhere):
            self.assertEqual(call(hook.url).json()["busy"], True)
            self.assertEqual(call(hook.url, "POST", {"action": "unload"}).status, 409)
        self.assertEqual(call(hook.url).json()["busy"], False)
        unloading = threading.Thread(target=lambda: call(hook.url, "POST", {"action": "unload"}))
        unloading.start()
        inside.wait(30)
        order = []

        def next_job():
            with job(peak_mib=1, url=nowhere):
                order.append(list(self.freed))

        waiting = threading.Thread(target=next_job)
        waiting.start()
        self.assertEqual(call(hook.url, "POST", {}).status, 409, "one unload at a time")
        may_end.set()
        waiting.join(30)
        unloading.join(30)
        self.assertEqual(order, [["models"]])

    def test_busy_queue_mode_interrupt_async_and_the_return_value_are_the_apps(self) -> None:
        modes, busy = [], [True]

        async def free(mode):
            await asyncio.sleep(0)
            modes.append(mode)
            return {"freed_mib": 5, "models": ["vae"], "secret": "no"}

        hook = self.hook(free, busy=lambda: busy[0], queue=lambda: 2, interrupt=lambda: busy.__setitem__(0, False))
        self.assertEqual({key: call(hook.url).json()[key] for key in ("busy", "queue")}, {"busy": True, "queue": 2})
        self.assertEqual(call(hook.url, "POST", {"action": "unload"}).status, 409)
        self.assertEqual(call(hook.url, "POST", {"action": "interrupt"}).status, 202)
        answer = call(hook.url, "POST", {"action": "unload", "mode": "interrupt"})
        self.assertEqual((answer.json(), modes), ({"freed_mib": 5, "models": ["vae"]}, ["interrupt"]))

    def test_a_failing_function_is_told_and_the_next_job_starts_all_the_same(self) -> None:
        def broken():
            raise KeyError("pipe")

        hook = self.hook(broken)
        with self.assertLogs("gpu_status_panel", logging.ERROR):
            answer = call(hook.url, "POST", {"action": "unload"})
        self.assertEqual((answer.status, answer.json()["code"]), (500, "unload-failed"))
        self.assertTrue(panel.GATE.begin_unload(), "the gate is open again")
        panel.GATE.end_unload()

    def test_pages_strangers_and_wrong_requests_are_refused(self) -> None:
        hook = self.hook()
        body = {"action": "unload"}
        for headers in (
            {"origin": "http://evil.example"},
            {"origin": "http://127.0.0.1:7860"},
            {"sec-fetch-site": "same-origin"},
            {"x-forwarded-for": "203.0.113.9"},
            {"host": "evil.example"},
        ):
            self.assertEqual(call(hook.url, "POST", body, headers).status, 403, headers)
            self.assertEqual(call(hook.url, "GET", headers=headers).status, 403, headers)
        self.assertEqual(hook.answer("POST", "", {"content-type": "application/json"}, "203.0.113.9", b"{}")[0], 403)
        self.assertEqual(call(hook.url, "POST", body, {"content-type": "text/plain"}).status, 415)
        self.assertEqual(call(hook.url, "POST", b"[]").status, 400)
        self.assertEqual(call(hook.url, "POST", b"{").status, 400)
        self.assertEqual(call(hook.url, "POST", {"action": "delete"}).status, 400)
        self.assertEqual(call(hook.url, "POST", {"mode": "never"}).status, 400)
        self.assertEqual(call(hook.url, "POST", b"x" * 20_000).status, 413)
        self.assertEqual(call(hook.url, "DELETE").status, 405)
        self.assertEqual(call(hook.url.replace("/unload", "/other")).status, 404)
        self.assertEqual(call(hook.url + "/guess", "POST", body).status, 403)
        self.assertEqual(self.freed, [], "nothing of this has unloaded anything")

    def test_with_a_secret_whoever_has_it_may_call_and_nobody_else(self) -> None:
        hook = self.hook(secret="open sesame")
        self.assertEqual(call(hook.url, "POST", {}).status, 403)
        self.assertEqual(call(hook.url, "POST", {}, {"x-gpu-panel-secret": "open"}).status, 403)
        self.assertEqual(hook.answer("POST", "", {"content-type": "application/json", "x-gpu-panel-secret": "open sesame"}, "203.0.113.9", b"{}")[0], 200)
        self.assertEqual(self.freed, ["models"])

    def test_it_is_a_decorator_and_the_function_stays_one(self) -> None:
        port = free_port()

        @unload_hook(port=port)
        def free_models():
            """Drops them."""
            self.freed.append("models")

        self.addCleanup(free_models.close)
        free_models()
        self.assertEqual((free_models.__name__, free_models.__doc__, self.freed), ("free_models", "Drops them.", ["models"]))
        self.assertEqual(free_models.url, f"http://127.0.0.1:{port}/unload")
        with self.assertRaisesRegex(RuntimeError, f"port {port} is taken"):
            unload_hook(lambda: None, port=port)
        free_models.close()
        free_models.close()

    def test_the_sidecar_releases_by_it_and_shows_its_figures(self) -> None:
        gpu = self.fake(used_mib=15_000)
        torch = fake_torch()
        torch.cuda.take(14_000)

        def free():
            torch.cuda.free(14_000)
            gpu.set_used(1000)

        with mock.patch.dict(sys.modules, {"torch": torch}):
            hook = self.hook(free)
            sidecar = self.sidecar(gpu, "--backend", "http", "--backend-url", hook.url)
            started = call(sidecar.url + "api/v1/release", "POST", {"mode": "now"})
            self.assertEqual(started.status, 202)
            release_url = sidecar.url + "api/v1/release/" + started.json()["id"]
            ended = wait_until("the release", lambda: (r := call(release_url).json())["state"] in ("done", "failed") and r)
        self.assertEqual((ended["state"], ended["freedMiB"]), ("done", 14_000))
        self.assertEqual(ended["parts"][0]["claim"]["freedMiB"], 14_000)


class HookInAppTest(RigTest):
    def test_it_stands_in_an_app_before_everything_else(self) -> None:
        from fastapi import FastAPI

        app, freed = FastAPI(), []

        @app.get("/{page:path}")
        def everything(page: str):
            return {"page": page}

        unload_hook(lambda: freed.append("models"), app=app)
        url = self.serve(app).url
        self.assertEqual(call(url + "/gpu-unload").json()["models"], [])
        self.assertEqual(call(url + "/gpu-unload", "POST", {"action": "unload"}).status, 200)
        self.assertEqual(call(url + "/gpu-unload", "POST", {}, {"x-forwarded-for": "203.0.113.9"}).status, 403)
        self.assertEqual(call(url + "/gpu-unload", "POST", {}, {"origin": url}).status, 403)
        self.assertEqual(call(url + "/other").json(), {"page": "other"})
        self.assertEqual(freed, ["models"])


if __name__ == "__main__":
    unittest.main()
