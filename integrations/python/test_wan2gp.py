"""The plugin for Wan2GP without Wan2GP: generations as jobs, whatever becomes of them."""

import importlib
import sys
import types
from typing import Any, Callable, Dict, List, Optional
from unittest import mock

from rig import ROOT, RigTest, jobs_at, wait_until
from rig_torch import FakeCuda

import gpu_status_panel as panel

pack = types.ModuleType("wan2gp_pack")
pack.__path__ = [str(ROOT / "integrations" / "wan2gp")]
sys.modules["wan2gp_pack"] = pack
jobs = importlib.import_module("wan2gp_pack.jobs")
NAMED = {"model_type": "t2v_1.3B", "resolution": "832x480", "video_length": 81, "batch_size": 1, "num_inference_steps": 30, "image_mode": 0}
VRAM = "it is likely that you have unsufficient VRAM and you should therefore reduce the video resolution"


class GenerationsTest(RigTest):
    def setUp(self) -> None:
        self.running = self.sidecar(self.fake())
        told = panel.RunningJobs(self.running.url)
        self.ends: List[Dict[str, Any]] = []
        real = told._call

        def call(method: str, path: str, body: Optional[Dict[str, Any]], *rest: Any) -> Any:
            if method == "DELETE":
                self.ends.append(body or {})
            return real(method, path, body, *rest)

        told._call = call  # type: ignore[method-assign]
        with mock.patch.object(panel, "RunningJobs", lambda: told):
            self.watch = jobs.GenerationWatch(panel, lambda: {"profile": 4})

    def seen(self, count: int = 1) -> None:
        wait_until("the job", lambda: len([one for one in jobs_at(self.running.url) if one["state"] == "running"]) == count)

    def generate(self, body: Callable[[Callable[..., Any]], Any], **named: Any) -> Any:
        def generate_media(task: Any, send_cmd: Callable[..., Any], plugin_data: Any = None, **given: Any) -> Any:
            return body(send_cmd)

        result = self.watch.run(generate_media, ({}, lambda *said: None), {"plugin_data": {}, **NAMED, **named})
        wait_until("its end", lambda: all(one["state"] != "running" for one in jobs_at(self.running.url)))
        return result

    def test_host_14_what_a_generation_needs_is_read_of_what_it_was_asked_for_and_nothing_is_guessed(self) -> None:
        found = jobs.signature_of(NAMED, {"profile": 4})
        self.assertEqual(
            found,
            {"host": "wan2gp", "kind": "video", "models": ["t2v_1.3B"], "width": 832, "height": 480, "frames": 81, "batch": 1, "steps": 30, "options": {"profile": 4}},
        )
        picture = jobs.signature_of({**NAMED, "image_mode": 1, "resolution": ""}, {})
        self.assertEqual((picture["kind"], picture["frames"], picture["width"]), ("image", None, None))
        self.assertIsNone(jobs.signature_of({**NAMED, "model_type": ""}, {}))

    def test_host_14_each_ends_as_wan2gp_says_that_it_did(self) -> None:
        cuda = FakeCuda()
        with mock.patch.dict(sys.modules, {"torch": types.SimpleNamespace(cuda=cuda)}):
            self.assertTrue(self.generate(lambda send: (self.seen(), cuda.take(7000), True)[-1]))
        self.generate(lambda send: (self.seen(), send("error", VRAM), False)[-1])
        self.generate(lambda send: (self.seen(), send("error", "no such file"), False)[-1])
        gen: Dict[str, Any] = {}
        self.generate(lambda send: (self.seen(), gen.update(abort=True), True)[-1], state={"gen": gen})

        def raises(send: Any) -> None:
            self.seen()
            raise ValueError("x")

        with self.assertRaises(ValueError):
            self.generate(raises)
        self.generate(lambda send: True, model_type="")
        wait_until("the ends", lambda: len(self.ends) == 5)
        told = [(one["outcome"], one["oom"], one.get("peakMiB")) for one in self.ends]
        self.assertEqual(told, [("done", False, 7000), ("failed", True, None), ("failed", False, None), ("failed", False, None), ("failed", False, None)])

    def test_host_14_of_two_at_the_same_time_no_peak_is_told(self) -> None:
        cuda = FakeCuda()
        with mock.patch.dict(sys.modules, {"torch": types.SimpleNamespace(cuda=cuda)}):
            inner = lambda send: (self.seen(2), cuda.take(3000), True)[-1]  # noqa: E731
            self.generate(lambda send: (self.seen(), self.watch.run(lambda *given, **named: inner(None), (), NAMED), True)[-1])
        wait_until("the ends", lambda: len(self.ends) == 2)
        self.assertEqual([one.get("peakMiB") for one in self.ends], [None, None])
