"""The extension for A1111 without A1111: what a form needs, and runs as jobs whatever becomes of them."""

import functools
import importlib
import sys
import types
import unittest
from typing import Any, Callable, Dict, List, Optional
from unittest import mock

from rig import ROOT, RigTest, jobs_at, wait_until
from rig_torch import FakeCuda
from test_running import Hole

import gpu_status_panel as panel

pack = types.ModuleType("a1111_pack")
pack.__path__ = [str(ROOT / "integrations" / "a1111" / "gpu_status_panel_webui")]
sys.modules["a1111_pack"] = pack
form = importlib.import_module("a1111_pack.form")
runs = importlib.import_module("a1111_pack.runs")
HOST = form.Host("a1111", "sd/xl base.safetensors [31e35c80fc]", {})


def hires(**given: Any) -> Dict[str, Any]:
    return {"width": 512, "height": 768, "batch": 2, "steps": 20, "hires": {"scale": 2.0, "x": 0, "y": 0, "steps": 0, **given}}


class FormTest(unittest.TestCase):
    def size(self, **given: Any) -> Any:
        found = form.signature_of(hires(**given), HOST)
        return found["width"], found["height"], found["steps"]

    def test_host_10_the_final_size_of_hires_counts_and_nothing_is_guessed(self) -> None:
        plain = form.signature_of({**hires(), "hires": None}, HOST)
        self.assertEqual(
            plain,
            {"host": "a1111", "kind": "image", "models": ["sd/xl base.safetensors"], "width": 512, "height": 768, "frames": None, "batch": 2, "steps": 20, "options": {}},
        )
        # As `calculate_target_resolution` of A1111 and Forge has it.
        self.assertEqual(self.size(), (1024, 1536, 40))
        self.assertEqual(self.size(scale=1.45, steps=10), (742, 1113, 30))
        self.assertEqual(self.size(x=1024), (1024, 1536, 40))
        self.assertEqual(self.size(y=1024), (682, 1024, 40))
        self.assertEqual(self.size(x=1024, y=1024), (1024, 1536, 40))
        self.assertEqual(self.size(x=512, y=1024), (682, 1024, 40))
        for unknown in ({"width": None}, {"height": 0}, {"width": "512"}, {"width": True}):
            self.assertIsNone(form.signature_of({**hires(), **unknown}, HOST))
        self.assertIsNone(form.signature_of(hires(), HOST._replace(checkpoint="")))
        self.assertIsNone(form.signature_of(hires(scale=None), HOST))

    def test_host_10_a_processing_object_and_the_form_of_the_page_are_told_in_the_same_words(self) -> None:
        p = types.SimpleNamespace(width=512, height=768, batch_size=2, steps=20, enable_hr=True, hr_scale=2.0, hr_resize_x=0, hr_resize_y=0, hr_second_pass_steps=0)
        self.assertEqual(form.form_of(p), hires())
        p.enable_hr = False
        self.assertIsNone(form.form_of(p)["hires"])


def fake_processing(calls: Dict[str, Any]) -> Any:
    """``modules.processing`` as far as the extension wraps it; what a run does is the processing object's own."""
    module = types.ModuleType("processing")

    def process_images(p: Any) -> Any:
        calls["begin"](p)
        p.load()
        return module.process_images_inner(p)  # type: ignore[attr-defined]

    def process_images_inner(p: Any) -> Any:
        p.run()
        calls["finish"](p)
        return "pictures"

    module.process_images, module.process_images_inner = process_images, process_images_inner  # type: ignore[attr-defined]
    return module


class RunsTest(RigTest):
    def setUp(self) -> None:
        self.running = self.sidecar(self.fake())
        self.listen_to(panel.RunningJobs(self.running.url))

    def listen_to(self, told: Any) -> None:
        self.ends: List[Dict[str, Any]] = []
        real = told._call

        def call(method: str, path: str, body: Optional[Dict[str, Any]], *rest: Any) -> Any:
            if method == "DELETE":
                self.ends.append(body or {})
            return real(method, path, body, *rest)

        told._call = call
        self.interrupted = False
        watch = runs.RunWatch(panel, told, lambda p: {"label": p.label, "peakMiB": 900}, lambda: self.interrupted)
        self.processing = fake_processing({"begin": lambda p: runs.quietly(watch.begin, p), "finish": lambda p: runs.quietly(watch.finish, p)})
        self.kept = self.processing.process_images
        for _ in range(2):  # The WebUI loads its scripts anew.
            runs.install(self.processing, lambda: watch)

    def process(self, label: str, run: Callable[[], Any] = lambda: None, load: Callable[[], Any] = lambda: None, by: Any = None) -> Any:
        return (by or self.processing.process_images)(types.SimpleNamespace(label=label, run=run, load=load))

    def seen(self, label: str) -> Any:
        return wait_until("the job", lambda: [one for one in jobs_at(self.running.url) if one["state"] == "running" and one["label"] == label])[0]

    def after(self, count: int) -> List[Any]:
        wait_until("the ends", lambda: len(self.ends) == count and all(one["state"] != "running" for one in jobs_at(self.running.url)))
        return [(one["outcome"], one["oom"]) for one in self.ends]

    def failing(self, label: str, error: BaseException) -> Callable[[], None]:
        def run() -> None:
            self.seen(label)
            raise error

        return run

    def test_host_9_a_run_is_a_job_with_its_peak(self) -> None:
        cuda = FakeCuda()
        with mock.patch.dict(sys.modules, {"torch": types.SimpleNamespace(cuda=cuda)}):
            self.assertEqual(self.process("one", lambda: (self.seen("one"), cuda.take(5000))), "pictures")
        self.assertEqual(self.after(1), [("done", False)])
        self.assertEqual(self.ends[0]["peakMiB"], 5000)

    def test_host_9b_no_job_stays_open_and_each_ends_as_its_run_did(self) -> None:
        class OutOfMemoryError(RuntimeError):
            pass

        for error in (OutOfMemoryError("CUDA out of memory"), ValueError("no such file"), KeyboardInterrupt()):
            with self.assertRaises(type(error)):
                self.process(repr(error), self.failing(repr(error), error))
        with self.assertRaises(OutOfMemoryError):
            self.process("load", load=self.failing("load", OutOfMemoryError("CUDA out of memory")))

        def interrupt() -> None:
            self.seen("interrupted")
            self.interrupted = True

        self.process("interrupted", interrupt)
        self.assertEqual(self.after(5), [("failed", True), ("failed", False), ("failed", False), ("failed", True), ("failed", False)])

    def test_host_9b_who_took_the_function_before_is_seen_too_and_a_run_that_broke_off_unseen_ends_with_the_next(self) -> None:
        with self.assertRaises(ValueError):
            self.process("run", self.failing("run", ValueError()), by=self.kept)
        self.assertEqual(self.after(1), [("failed", False)])
        with self.assertRaises(ValueError):
            self.process("load", load=self.failing("load", ValueError()), by=self.kept)
        self.process("next", lambda: self.seen("next"))
        self.assertEqual(self.after(3), [("failed", False), ("failed", False), ("done", False)])

    def test_host_9_a_run_within_a_run_is_no_job_of_its_own(self) -> None:
        for label, by in (("wrapped", None), ("kept", self.kept)):

            def outer(label: str = label, by: Any = by) -> None:
                self.seen(label)
                self.process("detailer", by=by)
                self.seen(label)

            self.process(label, outer, by=by)
        self.assertEqual(self.after(2), [("done", False), ("done", False)])
        self.assertNotIn("detailer", [one["label"] for one in jobs_at(self.running.url)])

    def test_host_9_what_another_extension_has_put_around_a_run_stays_when_scripts_load_anew(self) -> None:
        other: List[str] = []
        ours = self.processing.process_images

        @functools.wraps(ours)
        def around(p: Any) -> Any:
            other.append(p.label)
            return ours(p)

        self.processing.process_images = around
        runs.install(self.processing, lambda: None)
        self.process("one", lambda: self.seen("one"))
        self.assertEqual((other, self.after(1)), (["one"], [("done", False)]))

    def test_host_9c_a_sidecar_that_never_answers_holds_no_run_up(self) -> None:
        hole = Hole()
        self.addCleanup(hole.close)
        self.listen_to(panel.RunningJobs(f"http://127.0.0.1:{hole.port}/"))
        self.process("first", lambda: wait_until("it to be asked", lambda: hole.taken))
        # The thread that tells waits for an answer from now on, the runs do not.
        for _ in range(20):
            self.assertEqual(self.process("next"), "pictures")
        self.assertEqual(self.ends, [])
