"""Jobs that run already: told by a thread, whatever the sidecar does. Against the real sidecar."""

import os
import socket
import threading
import unittest
from typing import Any, Dict, List, Optional
from unittest import mock

from rig import RigTest, RunningSidecar, call, free_port, jobs_at, wait_until

import gpu_status_panel as panel

BODY = {"label": "a prompt", "peakMiB": 9000}


class Hole:
    """Takes connections and never answers."""

    def __init__(self) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen(64)
        self.port = int(self._socket.getsockname()[1])
        self.taken: List[socket.socket] = []
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        try:
            while True:
                self.taken.append(self._socket.accept()[0])
        except OSError:
            return

    def close(self) -> None:
        self._socket.close()
        for one in self.taken:
            one.close()


class RunningTest(RigTest):
    def begun(self, url: str, body: Optional[Dict[str, Any]] = BODY) -> Any:
        return panel.RunningJobs(url).begin(lambda: body)

    def only(self, sidecar: RunningSidecar, state: str) -> Dict[str, Any]:
        return wait_until(f"one job {state}", lambda: next((one for one in jobs_at(sidecar.url) if one["state"] == state), None))

    def test_py_9_is_declared_with_its_process_its_phase_and_how_it_ended(self) -> None:
        sidecar = self.sidecar(self.fake())
        job = self.begun(sidecar.url)
        job.phase("loading")
        job.phase("sampling")
        wait_until("the phase", lambda: [one["phase"] for one in jobs_at(sidecar.url)] == ["sampling"])
        self.assertEqual(self.only(sidecar, "running")["pid"], os.getpid())
        job.phase("decoding")
        job.end(peak_mib=8000, least_mib=3000)
        ended = self.only(sidecar, "done")
        self.assertEqual((ended["phase"], ended["label"]), ("decoding", "a prompt"))

    def test_py_9_more_than_there_is_room_for_is_counted_too_and_a_failure_is_one(self) -> None:
        sidecar = self.sidecar(self.fake())
        job = self.begun(sidecar.url, {**BODY, "peakMiB": 90_000})
        self.assertGreater(self.only(sidecar, "running")["overCommittedMiB"], 0)
        job.end(failed=True, out_of_memory=True)
        self.only(sidecar, "failed")

    def test_py_9b_is_told_of_once_the_sidecar_is_there_and_anew_where_it_was_forgotten(self) -> None:
        fake, port = self.fake(), free_port()
        with mock.patch("gpu_status_panel.AWAY_S", 0.2), self.assertLogs("gpu_status_panel", "WARNING"):
            job = self.begun(f"http://127.0.0.1:{port}/")
            wait_until("a try", lambda: panel.WARNED.get("down"))
            first = self.sidecar(fake, port=port)
            self.only(first, "running")
            first.close()
            second = self.sidecar(fake, port=port)
            job.phase("sampling")
            self.only(second, "running")
            job.end()
            self.only(second, "done")

    def test_py_9b_nobody_waits_for_a_sidecar_that_answers_nothing_and_what_is_over_is_not_told(self) -> None:
        hole = Hole()
        self.addCleanup(hole.close)
        jobs = panel.RunningJobs(f"http://127.0.0.1:{hole.port}/")
        first = jobs.begin(lambda: BODY)
        wait_until("the first call", lambda: hole.taken)
        described: List[int] = []
        for number in range(100):
            one = jobs.begin(lambda: described.append(number) or BODY)  # type: ignore[func-returns-value]
            one.phase("sampling")
            one.end()
        first.end()
        # All of them have begun and ended while the first call still hangs.
        self.assertEqual((len(hole.taken), described), (1, []))
        with self.assertLogs("gpu_status_panel", "WARNING"):
            hole.close()
            wait_until("nothing is left", lambda: not jobs._jobs)
        self.assertEqual(described, [])

    def test_py_9c_inside_run_it_is_part_of_that_job_and_one_of_its_own_when_that_has_ended(self) -> None:
        sidecar = self.sidecar(self.fake())
        wish = {"label": "run", "peakMiB": 20_000, "pid": os.getpid(), "started": True}
        around = call(sidecar.url + "api/v1/jobs", "POST", wish).json()["id"]
        shown = lambda: [(one["label"], one["state"], one["phase"]) for one in jobs_at(sidecar.url)]
        # By its process: the panel was told of it anew, under another name.
        with mock.patch.dict(os.environ, {"GPU_PANEL_RUN": f"forgotten {os.getpid()}"}):
            jobs = panel.RunningJobs(sidecar.url)
            job = jobs.begin(lambda: BODY)
            job.phase("sampling")
            wait_until("the phase", lambda: shown() == [("run", "running", "sampling")])
            job.end(peak_mib=9000)
            wait_until("no phase", lambda: shown() == [("run", "running", None)])
            last = jobs.begin(lambda: BODY)
            last.phase("sampling")
            wait_until("it is part again", lambda: last.told_phase == "sampling")
            call(f"{sidecar.url}api/v1/jobs/{around}", "DELETE", {"outcome": "done"})
            last.phase("decoding")
            wait_until("one of its own", lambda: ("a prompt", "running", "decoding") in shown())
            last.end()
            wait_until("both have ended", lambda: [one[1] for one in shown()] == ["done", "done"])

    def test_py_9d_what_was_asked_and_not_answered_is_no_second_job(self) -> None:
        sidecar = self.sidecar(self.fake())
        jobs = panel.RunningJobs(sidecar.url)
        for held, states in ((1000, ["running"]), (20_000, ["done", "failed", "running"])):
            other = call(sidecar.url + "api/v1/jobs", "POST", {"label": "other", "peakMiB": held, "started": True}).json()["id"]
            asked = {**BODY, "wait": True, "requestId": f"asked {held}"}
            # The sidecar has heard this; its answer was lost, and the prompt runs.
            call(sidecar.url + "api/v1/jobs", "POST", asked)
            job = jobs.begin(lambda: BODY, None, asked)
            job.phase("sampling")
            mine = lambda: [one for one in jobs_at(sidecar.url) if one["label"] == "a prompt"]
            wait_until("it is known", lambda: any((one["state"], one["phase"]) == ("running", "sampling") for one in mine()))
            self.assertEqual(sorted(one["state"] for one in mine() if one["state"] != "waiting"), states)
            job.end()
            wait_until("its end", lambda: all(one["state"] in ("done", "failed") for one in mine()))
            call(f"{sidecar.url}api/v1/jobs/{other}", "DELETE", {"outcome": "done"})
        # Let in and over at once, as all of it was known: nothing stays in the queue.
        call(sidecar.url + "api/v1/jobs", "POST", {"label": "other", "peakMiB": 20_000, "started": True})
        asked = {**BODY, "wait": True, "requestId": "asked for nothing"}
        call(sidecar.url + "api/v1/jobs", "POST", asked)
        jobs.begin(lambda: None, None, asked).end(failed=True)
        wait_until("it has left", lambda: all(one["state"] != "waiting" for one in jobs_at(sidecar.url)))

    def test_py_9_what_needs_no_gpu_is_no_job(self) -> None:
        sidecar = self.sidecar(self.fake())
        asked = threading.Event()
        job = panel.RunningJobs(sidecar.url).begin(lambda: asked.set())  # type: ignore[arg-type, func-returns-value]
        self.assertTrue(asked.wait(30))
        job.end()
        self.assertEqual(jobs_at(sidecar.url), [])


if __name__ == "__main__":
    unittest.main()
