"""Jobs as decorators of all kinds of functions, and those whose need is learned. Against the real sidecar."""

import asyncio
import contextvars
import sys
import threading
import unittest
from unittest import mock

from rig import wait_until
from rig_jobs import JobsRig
from rig_torch import fake_torch

import gpu_status_panel as panel
from gpu_status_panel import current_job, job, watch_torch


class JobKindsTest(JobsRig):
    def test_it_decorates_functions_generators_and_async_ones(self) -> None:
        seen = []

        @job(peak_mib=4000)
        def plain(value):
            """Doc."""
            seen.append(self.states().count("running"))
            return value + 1

        @job(peak_mib=4000)
        def streaming():
            for part in range(2):
                seen.append(self.states().count("running"))
                yield part

        @job(peak_mib=4000)
        async def awaited(value):
            seen.append(self.states().count("running"))
            current_job().phase("decode")
            return value * 2

        @job(peak_mib=4000)
        async def async_streaming():
            seen.append(self.states().count("running"))
            yield "a"

        async def consume():
            return await awaited(4), [item async for item in async_streaming()]

        self.assertEqual((plain(1), plain.__name__, plain.__doc__), (2, "plain", "Doc."))
        self.assertEqual(list(streaming()), [0, 1])
        self.assertEqual(asyncio.run(consume()), (8, ["a"]))
        self.assertEqual(seen, [1] * 5)
        self.assertEqual(set(self.states()), {"done"})
        self.assertIn("plain", [one["label"] for one in self.jobs()])

    def test_a_waiting_async_job_can_be_cancelled_and_the_loop_stays_free(self) -> None:
        async def scenario():
            async def waits():
                async with job(peak_mib=20_000):
                    self.fail("there is no room")

            task = asyncio.ensure_future(waits())
            while "waiting" not in self.states():
                await asyncio.sleep(0.02)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task

        with job(peak_mib=20_000):
            asyncio.run(scenario())
            wait_until("the place in the queue to be given up", lambda: "waiting" not in self.states())
        wait_until("no job to be left", lambda: panel.GATE.running == 0 and panel.GATE.waiting == 0)

    def test_each_step_of_a_generator_has_its_job_in_whatever_context_it_runs(self) -> None:
        @job(peak_mib=4000)
        def streaming():
            for _ in range(3):
                given = yield current_job()
                if given is not None:
                    yield given

        steps = streaming()
        # As Gradio does: a context of its own for each step.
        found = [contextvars.copy_context().run(next, steps) for _ in range(2)]
        self.assertEqual(len({one.id for one in found}), 1)
        self.assertEqual(contextvars.copy_context().run(steps.send, "sent"), "sent")
        with self.assertRaisesRegex(ValueError, "thrown"):
            steps.throw(ValueError("thrown"))
        self.assertEqual(self.states(), ["failed"])

    def test_closing_a_generator_does_not_wait_for_the_sidecar(self) -> None:
        ended_in = []
        finish = panel.Job._finish

        def note_thread(running, report):
            ended_in.append(threading.current_thread())
            finish(running, report)

        @job(peak_mib=4000)
        def streaming():
            yield 1

        with mock.patch.object(panel.Job, "_finish", note_thread):
            steps = streaming()
            next(steps)
            steps.close()
            wait_until("the end of the job", lambda: self.states() == ["failed"])
        self.assertNotIn(threading.current_thread(), ended_in)

    def test_the_need_of_what_is_not_known_is_learned_by_its_signature(self) -> None:
        torch = fake_torch()

        @watch_torch()
        def upscale(prompt, width=1024, height=1024):
            torch.cuda.take(9000)
            torch.cuda.free(9000)
            return self.jobs()[-1]["peakMiB"]

        with mock.patch.dict(sys.modules, {"torch": torch}):
            upscale("a")
            self.assertGreaterEqual(upscale("b"), 9000, "the same size is known now")
            with watch_torch("again", model="esrgan", width=512, height=512):
                (seen,) = [one for one in self.jobs() if one["state"] == "running"]
        self.assertRegex(seen["label"], "again|esrgan")
        named = [one["label"] for one in self.jobs()]
        self.assertEqual(named.count("upscale"), 2)

    def test_a_signature_stands_in_place_of_a_profile(self) -> None:
        signature = {"host": "mine", "kind": "upscale", "width": 640, "height": 480}
        with job(signature=signature):
            (seen,) = self.jobs()
        self.assertEqual((seen["label"], seen["profile"][:10]), ("upscale 640×480", "signature-"))


if __name__ == "__main__":
    unittest.main()
