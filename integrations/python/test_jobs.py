"""Jobs: admission, heartbeat, what is told at the end, and a sidecar that is down. Against the real sidecar."""

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest
from typing import Any
from unittest import mock

from rig import HERE, RigTest, RunningSidecar, free_port, jobs_at, wait_until
from rig_jobs import JobsRig
from rig_torch import fake_torch

import gpu_status_panel as panel
from gpu_status_panel import JobRefused, JobTimeout, UnknownProfile, current_job, job

PROFILE = "wan2.1-1.3b-t2v-480p-quant"


class JobsTest(JobsRig):
    def test_a_job_is_admitted_tells_its_phases_and_ends(self) -> None:
        with job(PROFILE, label="sunset") as running:
            (seen,) = self.jobs()
            self.assertEqual((seen["state"], seen["label"], seen["pid"], seen["gpus"]), ("running", "sunset", os.getpid(), [0]))
            self.assertEqual(running.gpu_indexes, (0,))
            self.assertEqual(running.device, "cuda:0")
            self.assertIs(current_job(), running)
            running.phase("low-noise model")
            wait_until("the phase", lambda: self.jobs()[0]["phase"] == "low-noise model")
            for step in range(500):
                running.phase(f"step {step}")
        self.assertEqual(self.states(), ["done"])
        self.assertEqual(self.jobs()[0]["phase"], "step 499", "the last of many is told, and nobody is flooded")
        self.assertIsNone(current_job())
        self.assertTrue(running.report.admitted)
        self.assertEqual([name for name, _ in running.report.phases][:2], ["low-noise model", "step 0"])
        self.assertIsNone(running.report.peak_allocated_mib, "no framework is in use: unknown, not 0")

    def test_a_phase_that_is_still_on_its_way_at_the_end_does_not_replace_the_last(self) -> None:
        on_its_way, overtaken, arrived = threading.Event(), threading.Event(), threading.Event()
        really = panel.Sidecar.call

        def slow(sidecar: object, method: str, path: str, body: object = None, *rest: object) -> object:
            if body == {"phase": "first"}:
                on_its_way.set()
                overtaken.wait(0.3)
            answer = really(sidecar, method, path, body, *rest)
            if body == {"phase": "first"}:
                arrived.set()
            if body == {"phase": "last"}:
                overtaken.set()
                arrived.wait(30)
            return answer

        with mock.patch.object(panel.Sidecar, "call", slow), job(PROFILE) as running:
            running.phase("first")
            self.assertTrue(on_its_way.wait(30))
            running.phase("last")
        self.assertEqual(self.jobs()[0]["phase"], "last")

    def test_the_heaviest_profile_of_a_model_and_its_settings_is_meant(self) -> None:
        with job("wan2.1-1.3b", resolution="480p", quant="quant_linear", steps=4):
            self.assertEqual(self.jobs()[0]["profile"], PROFILE)
        with job("wan2.1-1.3b", resolution="720p", task="t2v", quant="quant_linear", steps=999):
            self.assertEqual(self.jobs()[0]["profile"], "wan2.1-1.3b-t2v-720p-quant")
        with job("wan2.1-1.3b", resolution="720p", frames=7) as running:
            self.assertIn("wan2.1-1.3b", self.jobs()[0]["profile"], "a size that was not seen is reckoned by the sidecar")
            self.assertIsNotNone(running.id)

    def test_an_unknown_profile_is_told_with_what_to_do(self) -> None:
        with self.assertRaisesRegex(UnknownProfile, r"wan9.*peak_mib"):
            with job("wan9"):
                self.fail("the body must not run")
        with self.assertLogs("gpu_status_panel", logging.WARNING), job("wan9", if_refused="run") as running:
            self.assertIsNone(running.id)
        with job("wan9", peak_mib=4000):
            self.assertEqual(self.jobs()[0]["peakMiB"], 4000)

    def test_what_can_never_fit_is_refused_with_figures(self) -> None:
        with self.assertRaisesRegex(JobRefused, r"\d"):
            job(peak_mib=90_000).__enter__()
        self.assertNotIn("running", self.states())

    def test_a_second_job_waits_for_the_first_and_then_runs(self) -> None:
        told, order = [], []
        started, may_end = threading.Event(), threading.Event()

        def first() -> None:
            with job(peak_mib=14_000):
                order.append("first begins")
                started.set()
                may_end.wait(30)
                order.append("first ends")

        thread = threading.Thread(target=first)
        thread.start()
        started.wait(30)

        def second() -> None:
            with job(peak_mib=14_000, on_wait=lambda place, reason: told.append((place, reason))):
                order.append("second begins")

        waiter = threading.Thread(target=second)
        waiter.start()
        wait_until("the place in the queue", lambda: told)
        self.assertEqual(panel.GATE.waiting, 1)
        self.assertEqual(told[0][0], 1)
        self.assertTrue(told[0][1], "the reason is told in words")
        may_end.set()
        thread.join(30)
        waiter.join(30)
        self.assertEqual(order, ["first begins", "first ends", "second begins"])
        self.assertEqual(panel.GATE.waiting, 0)

    def test_one_that_will_not_wait_is_refused_and_leaves_no_trace(self) -> None:
        with job(peak_mib=20_000):
            with self.assertRaises(JobRefused):
                job(peak_mib=20_000, wait=False).__enter__()
            with self.assertRaises(JobTimeout):
                job(peak_mib=20_000, max_wait=1).__enter__()
            wait_until("the place in the queue to be given up", lambda: "waiting" not in self.states())
            self.assertNotIn("waiting", self.states())

    def test_heartbeats_keep_a_job_alive_beyond_its_time_to_live(self) -> None:
        with job(peak_mib=4000, ttl=5):
            first = self.jobs()[0]["expiresAt"]
            wait_until("a job older than its time to live", lambda: time.time() * 1000 > first)
            self.assertEqual(self.states(), ["running"])

    def test_a_killed_process_frees_its_room(self) -> None:
        script = "import time, gpu_status_panel as p\nwith p.job(peak_mib=20000, ttl=5):\n    print('runs', flush=True)\n    time.sleep(600)\n"
        child = subprocess.Popen([sys.executable, "-c", script], cwd=HERE, stdout=subprocess.PIPE)
        assert child.stdout is not None
        self.assertEqual(child.stdout.readline().strip(), b"runs")
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        with job(peak_mib=20_000):
            self.assertEqual(sorted(self.states()), ["failed", "running"], "the sidecar has seen that it is gone")

    def test_peak_leftover_and_time_come_from_the_allocator(self) -> None:
        torch = fake_torch()
        torch.cuda.take(500)
        with mock.patch.dict(sys.modules, {"torch": torch}):
            torch.cuda.take(9000)
            torch.cuda.free(9000)
            with job(peak_mib=12_000) as running:
                torch.cuda.take(6000)
                torch.cuda.free(5900)
        self.assertEqual(running.report.peak_allocated_mib, 6500, "the peak of this job, not of the one before")
        self.assertEqual(running.report.delta_mib, 100)
        self.assertGreaterEqual(running.report.duration_s, 0)

    def test_jobs_side_by_side_in_one_process_claim_no_peak(self) -> None:
        with mock.patch.dict(sys.modules, {"torch": fake_torch()}):
            with job(peak_mib=4000) as one, job(peak_mib=4000) as two:
                sys.modules["torch"].cuda.take(3000)
        self.assertIsNone(one.report.peak_allocated_mib)
        self.assertIsNone(two.report.peak_allocated_mib)

    def test_out_of_memory_is_told_as_such_and_raised_on(self) -> None:
        self.use_own()
        class OutOfMemoryError(RuntimeError):
            pass

        marker = job(peak_mib=4000)
        with self.assertRaises(ValueError):
            with marker as running:
                try:
                    raise OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
                except OutOfMemoryError as error:
                    raise ValueError("the pipeline failed") from error
        self.assertTrue(running.report.out_of_memory)
        self.assertEqual(self.states(), ["failed"])
        self.assertTrue(panel.is_out_of_vram(RuntimeError("CUDA error: out of memory")))
        self.assertFalse(panel.is_out_of_vram(MemoryError("Unable to allocate 3 GiB")), "host memory is another matter")

    def test_one_that_tires_of_waiting_on_a_silent_sidecar_leaves_its_queue(self) -> None:
        self.use_own()
        begun, may_end = threading.Event(), threading.Event()

        def behind() -> None:
            with job(peak_mib=20_000, ttl=600):
                begun.set()
                may_end.wait(60)

        # On a busy machine it is halted for longer than a job may be silent.
        impatient = {"SIDECAR_PATIENCE_S": 0.0, "WAIT_SLICE_S": 0.5, "CALL_TIMEOUT_S": 1.0, "AWAY_S": 0.1}
        with mock.patch.multiple(panel, **impatient), self.assertLogs("gpu_status_panel", logging.WARNING), job(peak_mib=20_000, ttl=600):
            second = threading.Thread(target=behind)
            second.start()
            wait_until("the second to wait", lambda: "waiting" in self.states())
            self.panel.process.send_signal(signal.SIGSTOP)
            try:
                self.assertTrue(begun.wait(60))
            finally:
                self.panel.process.send_signal(signal.SIGCONT)
            self.until_both_run()
            may_end.set()
            second.join(60)
        wait_until("both to be over", lambda: "running" not in self.states())

    def test_one_that_was_heard_though_its_answer_was_lost_leaves_the_queue_too(self) -> None:
        ask, lose = panel.Sidecar.call, [True]

        def call_and_lose(self: Any, method: str, *rest: Any, **more: Any) -> Any:
            answer = ask(self, method, *rest, **more)
            if method == "POST" and threading.current_thread() is threading.main_thread() and lose and lose.pop():
                raise panel.Unreachable("timed out")
            return answer

        with job(peak_mib=20_000), mock.patch.object(panel.Sidecar, "call", call_and_lose), mock.patch.object(panel, "AWAY_S", 0.1):
            with self.assertLogs("gpu_status_panel", logging.WARNING), job(peak_mib=20_000, url=self.panel.url):
                self.until_both_run()

    def test_a_restart_of_the_sidecar_is_waited_for(self) -> None:
        self.use_own()
        begun = []

        def wait_behind() -> None:
            with job(peak_mib=20_000, on_wait=lambda *_: begun.append(1)):
                begun.append("runs")

        with job(peak_mib=20_000):
            waiter = threading.Thread(target=wait_behind)
            waiter.start()
            wait_until("a job that waits", lambda: begun)
            data = self.panel._data
            self.panel.kill()
            again = RunningSidecar(self.gpu, port=self.panel.port, env={"GPU_PANEL_DATA_DIR": data})
            self.addCleanup(again.close)
            self.assertEqual(sorted(self.states()), ["running", "waiting"])
        waiter.join(40)
        self.assertEqual(begun[-1], "runs")
        self.assertEqual(self.states(), ["done", "done"])

class WithoutSidecarTest(RigTest):
    def setUp(self) -> None:
        panel.WARNED.clear()

    def test_jobs_run_with_one_warning(self) -> None:
        ran = []
        with self.assertLogs("gpu_status_panel", logging.WARNING) as logs:
            for _ in range(3):
                with job(PROFILE, resolution="720p", url=f"http://127.0.0.1:{free_port()}/") as running:
                    running.phase("sampling")
                    ran.append(running.id)
        self.assertEqual(ran, [None] * 3)
        self.assertFalse(running.report.admitted)
        self.assertEqual(len(logs.output), 1)
        self.assertIn("without admission", logs.output[0])

    def test_a_sidecar_that_comes_later_is_told_of_a_job_that_still_runs(self) -> None:
        port = free_port()
        with mock.patch.object(panel, "AWAY_S", 0.1), self.assertLogs("gpu_status_panel", logging.WARNING):
            with job(peak_mib=4000, url=f"http://127.0.0.1:{port}/") as running:
                running.phase("sampling")
                later = self.sidecar(self.fake(), port=port)
                told = wait_until("the job to be told of", lambda: jobs_at(later.url))[0]
                self.assertEqual((told["state"], told["pid"], told["peakMiB"]), ("running", os.getpid(), 4000))
                wait_until("its phase", lambda: jobs_at(later.url)[0]["phase"] == "sampling")
        self.assertFalse(running.report.admitted)
        wait_until("its end", lambda: jobs_at(later.url)[0]["state"] == "done")

    def test_one_that_hangs_holds_a_job_up_for_seconds_only(self) -> None:
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            with mock.patch.object(panel, "CALL_TIMEOUT_S", 0.2), self.assertLogs("gpu_status_panel", logging.WARNING):
                with mock.patch.object(panel.Sidecar.call, "__defaults__", (None, 0.2, None)):
                    with job(peak_mib=1000, url=f"http://127.0.0.1:{silent.getsockname()[1]}/") as running:
                        self.assertIsNone(running.id)

    def test_jobs_do_not_wait_for_simulated_or_recorded_gpus(self) -> None:
        fake = self.fake()
        log = fake.folder / "gpu.csv"
        log.write_text("timestamp, index, memory.used [MiB]\n2026/01/02 03:04:05.678, 0, 1000 MiB\n")
        (fake.bin / "nvidia-smi").unlink()
        bare = {"PATH": str(fake.bin)}
        for flags in ((), ("--source", f"replay:{log}")):
            panel.WARNED.clear()
            shown = self.sidecar(fake, *flags, env=bare)
            with self.assertLogs("gpu_status_panel", logging.WARNING) as logs, job(peak_mib=40_000, url=shown.url) as running:
                self.assertIsNone(running.id)
            self.assertIn("simulated GPUs or a recording", logs.output[0])
        asked_for = self.sidecar(fake, "--source", "demo", env=bare)
        with job(peak_mib=100, url=asked_for.url) as running:
            self.assertIsNotNone(running.id)

    def test_what_is_wrong_in_the_code_is_told_at_once(self) -> None:
        for wrong in ({}, {"peak_mib": 1, "ttl": 1}, {"peak_mib": 1, "if_refused": "maybe"}, {"peak_mib": 1, "gpu_indexes": "all"}):
            with self.assertRaisesRegex(ValueError, "gpu_status_panel: "):
                job(**wrong)
        with self.assertRaisesRegex(ValueError, "http://127.0.0.1:7870/"):
            job(peak_mib=1, url="localhost:7870").__enter__()

    def test_a_token_that_is_missing_is_told_and_the_job_runs(self) -> None:
        guarded = self.sidecar(self.fake(), "--token", "correct-horse")
        with self.assertLogs("gpu_status_panel", logging.WARNING) as logs, job(peak_mib=1000, url=guarded.url) as running:
            self.assertIsNone(running.id)
        self.assertIn("GPU_PANEL_TOKEN", logs.output[0])
        with job(peak_mib=1000, url=guarded.url, token="correct-horse") as running:
            self.assertIsNotNone(running.id)


if __name__ == "__main__":
    unittest.main()
