"""Jobs: the GPUs that are reserved, and ranks that are one job. Against the real sidecar."""

import json
import logging
import os
import queue
import subprocess
import sys
import textwrap
import threading
import types
import unittest
from typing import List
from unittest import mock

from rig import HERE, MAIN, call, free_port, jobs_at, wait_until
from rig_jobs import JobsRig
from rig_torch import fake_torch

import gpu_status_panel as panel
from gpu_status_panel import job, limit


class JobPlacesTest(JobsRig):
    def test_only_gpus_that_this_process_sees_are_reserved(self) -> None:
        many = self.sidecar(self.fake(gpus=4))
        with mock.patch.dict(os.environ, {"GPU_PANEL_URL": many.url, "CUDA_VISIBLE_DEVICES": "2,3"}):
            with job(peak_mib=4000) as running:
                self.assertEqual((running.gpu_indexes, running.device), ((2,), "cuda:0"))
            with job(peak_mib=4000, gpus=2) as running:
                self.assertEqual(running.gpu_indexes, (2, 3))
            with job(peak_mib=20_000) as first, job(peak_mib=20_000, gpu_indexes="any") as second:
                self.assertEqual((first.gpu_indexes, second.gpu_indexes, second.device), ((2,), (3,), "cuda:1"))
        uuid = "GPU-00000001-4090-4090-4090-000000000001"
        with mock.patch.dict(os.environ, {"GPU_PANEL_URL": many.url, "CUDA_VISIBLE_DEVICES": uuid}):
            with job(peak_mib=4000) as running:
                self.assertEqual((running.gpu_indexes, running.device), ((1,), "cuda:0"))

    def test_where_cuda_may_number_other_gpus_first_none_is_named_but_by_its_uuid(self) -> None:
        mixed = self.fake(gpus=2)
        mixed.rename(1, "NVIDIA GeForce GTX 1080")
        with mock.patch.dict(os.environ, {"GPU_PANEL_URL": self.sidecar(mixed).url}):
            with self.assertLogs("gpu_status_panel", logging.WARNING) as logs, job(peak_mib=4000) as running:
                self.assertIsNone(running.device, "what CUDA calls it is not known")
            self.assertIn("CUDA_DEVICE_ORDER=PCI_BUS_ID", logs.output[0])
            torch = fake_torch(2)
            torch.cuda.get_device_properties = lambda device: types.SimpleNamespace(uuid="00000001-4090-4090-4090-000000000001")
            with mock.patch.dict(sys.modules, {"torch": torch}), job(peak_mib=4000) as running:
                self.assertEqual(running.gpu_indexes, (1,), "PyTorch's first is nvidia-smi's second")
            with mock.patch.dict(os.environ, {"CUDA_DEVICE_ORDER": "PCI_BUS_ID"}), job(peak_mib=4000) as running:
                self.assertEqual((running.gpu_indexes, running.device), ((0,), "cuda:0"))

    def test_one_that_is_interrupted_before_its_body_gives_its_room_back_unless_it_is_another_ranks(self) -> None:
        def states_after_interruption() -> List[str]:
            with mock.patch.object(panel.Job, "begin", side_effect=KeyboardInterrupt), self.assertRaises(KeyboardInterrupt):
                with job(peak_mib=2000):
                    pass
            return [found["state"] for found in self.jobs()]

        states_after_interruption()
        wait_until("the end of the job", lambda: [found["state"] for found in self.jobs()] == ["failed"])
        with mock.patch.dict(os.environ, {"LOCAL_WORLD_SIZE": "1", "LOCAL_RANK": "1"}):
            self.assertEqual(sorted(states_after_interruption()), ["failed", "running"])

    def test_the_ranks_of_torchrun_are_one_job(self) -> None:
        many = self.sidecar(self.fake(gpus=2))
        script = textwrap.dedent(
            """
            import sys, gpu_status_panel as p
            with p.job(peak_mib=20000) as j:
                print(j.gpu_indexes, flush=True)
                sys.stdin.readline()
            """
        )
        ranks = []
        # The second asks first, and ends first: the job is that of the first all the same.
        for rank in (1, 0):
            env = {**os.environ, "GPU_PANEL_URL": many.url, "LOCAL_WORLD_SIZE": "2", "LOCAL_RANK": str(rank)}
            ranks.append(subprocess.Popen([sys.executable, "-c", script], cwd=HERE, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
            self.assertEqual(ranks[-1].stdout.readline().strip(), "(0, 1)")
        second, first = ranks
        self.assertEqual([(found["state"], found["pid"]) for found in jobs_at(many.url)], [("running", first.pid)])
        second.communicate("\n")
        self.assertEqual([found["state"] for found in jobs_at(many.url)], ["running"])
        first.communicate("\n")
        self.assertEqual([found["state"] for found in jobs_at(many.url)], ["done"])

    def test_a_program_of_run_has_its_room_and_its_jobs_are_part_of_that(self) -> None:
        self.use_own()
        script = """
            import json, os, time, urllib.request
            from gpu_status_panel import RunningJobs, job

            def known():
                with urllib.request.urlopen(os.environ["GPU_PANEL_URL"] + "api/v1/jobs") as answer:
                    return json.load(answer)["jobs"]

            with job(peak_mib=20_000) as outer, job(peak_mib=9_000):
                outer.phase("sampling")
                while known()[0]["phase"] != "sampling":
                    time.sleep(0.02)
                during = known()
            # And as a host's plugin tells of what its host runs anyway.
            prompt = RunningJobs().begin(lambda: {"label": "a prompt", "peakMiB": 15_000})
            prompt.phase("KSampler")
            while known()[0]["phase"] != "KSampler":
                time.sleep(0.02)
            print(json.dumps([[one["state"] for one in during], outer.gpu_indexes, [one["state"] for one in known()]]))
            prompt.end(peak_mib=9000)
        """
        # More than half of the GPU: beside itself it would wait for its own end.
        command = ["node", str(MAIN), "run", "--peak", "20GB", "--label", "whole", "--", sys.executable, "-c", textwrap.dedent(script)]
        ran = subprocess.run(command, env={**os.environ, **self.gpu.env, "PYTHONPATH": str(HERE)}, stdout=subprocess.PIPE, check=True, timeout=60)
        self.assertEqual(json.loads(ran.stdout), [["running"], [0], ["running"]])
        self.assertEqual(self.states(), ["done"])

    def test_what_run_has_is_found_by_its_process_and_counts_while_it_runs(self) -> None:
        wish = {"peakMiB": 20_000, "pid": os.getpid(), "started": True}
        told = call(self.panel.url + "api/v1/jobs", "POST", wish).json()
        with mock.patch.dict(os.environ, {"GPU_PANEL_RUN": f"forgotten {os.getpid()}"}):
            with job(peak_mib=20_000) as running:
                self.assertEqual((running.id, self.states()), (told["id"], ["running"]))
            self.assertEqual(self.states(), ["running"])
            call(f"{self.panel.url}api/v1/jobs/{told['id']}", "DELETE", {"outcome": "done"})
            with job(peak_mib=20_000) as running:
                self.assertNotEqual(running.id, told["id"])

    def test_a_queue_is_told_of_another_limit_and_of_none_without_a_sidecar(self) -> None:
        http = self.sidecar(self.gpu, "--backend", "http", "--backend-url", f"http://127.0.0.1:{free_port()}/")
        most = limit("http", url=http.url)
        self.assertGreater(most, 0)
        self.assertEqual(limit("http", unlike=most, wait=0, url=http.url), most)
        told = queue.Queue()
        threading.Thread(target=lambda: told.put(limit("http", unlike=most, url=http.url)), daemon=True).start()
        with job(peak_mib=20_000, url=http.url):
            self.assertLess(told.get(timeout=60), most)
        with self.assertLogs("gpu_status_panel", logging.WARNING) as logs:
            self.assertIsNone(limit("nobody", url=http.url))
            http.kill()
            self.assertIsNone(limit("http", unlike=most, url=http.url))
        self.assertEqual(len(logs.output), 2)


if __name__ == "__main__":
    unittest.main()
