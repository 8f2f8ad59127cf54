"""The pack for ComfyUI without ComfyUI: a prompt gives way in its middle, and takes the card back."""

import asyncio
import importlib
import sys
import threading
import types
from typing import Any, Dict, List, Optional
from unittest import mock

from rig import RigTest, call, jobs_at, wait_until
from rig_torch import FakeCuda
from test_comfyui import fake_execution, jobs

import gpu_status_panel as panel

give_way = importlib.import_module("comfyui_pack.give_way")
nodes = importlib.import_module("comfyui_pack.nodes")


def runs() -> None:
    """A node whose result was not known."""


class Interrupted(BaseException):
    """As ComfyUI's own is one."""


class AwayTest(RigTest):
    """A prompt whose middle waits for another program."""

    def setUp(self) -> None:
        self.running = self.sidecar(self.fake())
        self.ends: List[Dict[str, Any]] = []
        self.told = panel.RunningJobs(self.running.url)
        real = self.told._call

        def told(method: str, path: str, body: Optional[Dict[str, Any]], *rest: Any) -> Any:
            if method == "DELETE":
                self.ends.append(body or {})
            return real(method, path, body, *rest)

        self.told._call = told  # type: ignore[method-assign]
        self.unloads = 0
        self.said: List[str] = []
        self.interrupted = False
        test = self

        def stop_if() -> None:
            if test.interrupted:
                raise Interrupted()

        class FromHere(jobs.Away):  # type: ignore[misc, name-defined]
            def unload(self) -> None:
                test.unloads += 1

            def room(self, body: Dict[str, Any]) -> Any:
                here = types.SimpleNamespace(Sidecar=lambda: panel.Sidecar(test.running.url), Unreachable=panel.Unreachable)
                room = give_way.Room(here, lambda kind, more: test.said.append(kind), stop_if, test.patience_s)
                return room.wait_for(body)

            def needs_card(self, graph: Dict[str, Any], node_id: str) -> bool:
                return str(graph[node_id]["class_type"]) == "KSampler"

        self.patience_s = 60.0
        self.execution = fake_execution()
        describe = lambda prompt, outputs: {"signature": {"host": "comfyui", "models": ["away"]}, "peakMiB": 15_000, "backend": "comfyui"}
        jobs.install(self.execution, jobs.PromptWatch(panel, self.told, describe, away=FromHere()))

    def run_prompt(self, *nodes: Any) -> None:
        prompt = {str(key): {"class_type": kind, "run": run} for key, (kind, run) in enumerate(nodes)}
        asyncio.run(self.execution.PromptExecutor().execute_async(prompt, "p", {}, ["1"]))

    def seen(self) -> None:
        wait_until("the job", lambda: "running" in self.states())

    def other(self, peak_mib: int = 20_000) -> str:
        """Another program's job, which has room only while the prompt is away."""
        answer = call(self.running.url + "api/v1/jobs", "POST", {"label": "model", "peakMiB": peak_mib}).json()
        job = wait_until("the other's start", lambda: (call(self.running.url + f"api/v1/jobs/{answer['id']}").json()["state"] == "running") and answer)
        return str(job["id"])

    def end(self, job: str) -> None:
        call(self.running.url + f"api/v1/jobs/{job}", "DELETE", {})

    def states(self) -> List[str]:
        return [one["state"] for one in jobs_at(self.running.url) if one["label"] != "model"]

    def waits(self) -> None:
        wait_until("the rest to wait", lambda: "waiting" in self.states())

    def test_host_8g_another_program_has_the_card_in_the_middle_and_the_rest_waits_for_room(self) -> None:
        cuda = FakeCuda()
        cuda.reset_peak_memory_stats = lambda device: None  # type: ignore[attr-defined]
        held: List[str] = []

        def samples() -> None:
            self.seen(), cuda.take(14_000)

        def asks() -> None:
            self.assertEqual(self.unloads, 1)
            held.append(self.other())

        def ends_soon() -> None:
            self.waits()
            self.end(held[0])

        with mock.patch.dict(sys.modules, {"torch": types.SimpleNamespace(cuda=cuda)}):
            threading.Thread(target=lambda: (wait_until("it", lambda: held), ends_soon()), daemon=True).start()
            self.run_prompt(("KSampler", samples), (nodes.GIVE_WAY, runs), ("AskModel", asks), (nodes.TAKE_BACK, runs), ("VAEDecode", self.seen))
        wait_until("both ends", lambda: len(self.ends) == 2)
        first, rest = self.ends
        self.assertEqual((first["gaveWay"], first["partial"], first["outcome"]), (True, True, "done"))
        # What both halves showed is learned as one job.
        self.assertEqual((rest["outcome"], rest.get("partial"), rest["peakMiB"]), ("done", None, first["peakMiB"]))
        self.assertGreater(rest["ranSeconds"], 0)
        self.assertEqual((self.said, self.states()), (["waits"], ["done", "done"]))

    def test_host_8g_what_computes_before_it_is_taken_back_takes_it_back(self) -> None:
        self.run_prompt(("KSampler", self.seen), (nodes.GIVE_WAY, runs), ("AskModel", runs), ("KSampler", self.seen))
        wait_until("both ends", lambda: len(self.ends) == 2)
        self.assertEqual([bool(one.get("gaveWay")) for one in self.ends], [True, False])

    def test_host_8h_an_interrupt_ends_the_wait_and_leaves_nobody_waiting(self) -> None:
        def asks() -> None:
            self.other()
            threading.Thread(target=lambda: (self.waits(), setattr(self, "interrupted", True)), daemon=True).start()

        with self.assertRaises(Interrupted):
            self.run_prompt(("KSampler", self.seen), (nodes.GIVE_WAY, runs), ("AskModel", asks), (nodes.TAKE_BACK, runs), ("KSampler", runs))
        wait_until("nobody to wait", lambda: "waiting" not in self.states() and "running" not in self.states())

    def test_host_8h_without_room_it_goes_on_after_its_patience_and_says_so(self) -> None:
        self.patience_s = 1.5
        self.run_prompt(("KSampler", self.seen), (nodes.GIVE_WAY, runs), ("AskModel", self.other), (nodes.TAKE_BACK, runs), ("KSampler", self.seen))
        wait_until("its end", lambda: len(self.ends) == 2)
        self.assertEqual(self.said, ["waits", "late"])

    def test_host_8h_without_the_sidecar_both_pass_at_once(self) -> None:
        self.running.close()
        ran: List[str] = []
        self.run_prompt(("KSampler", runs), (nodes.GIVE_WAY, runs), ("AskModel", lambda: ran.append("asked")), (nodes.TAKE_BACK, runs), ("VAEDecode", lambda: ran.append("decoded")))
        self.assertEqual((ran, self.unloads, self.said), (["asked", "decoded"], 1, []))

    def test_host_8g_the_nodes_hand_on_anything_and_are_no_work(self) -> None:
        for kind, made in nodes.NODES.items():
            thing = object()
            self.assertIs(made().pass_on(thing)[0], thing)
            self.assertFalse(made.RETURN_TYPES[0] != "LATENT")
            self.assertIn(kind, nodes.NAMES)
