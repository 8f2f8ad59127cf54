"""The pack for ComfyUI without ComfyUI: prompts as jobs, and what is known of a prompt before it runs."""

import asyncio
import importlib
import json
import sys
import threading
import types
import unittest
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple
from unittest import mock

from rig import ROOT, RigTest, call, free_port, jobs_at, wait_until
from rig_torch import FakeCuda

import gpu_status_panel as panel

# Not by its name: importing the pack itself registers it with ComfyUI.
pack = types.ModuleType("comfyui_pack")
pack.__path__ = [str(ROOT / "integrations" / "comfyui")]
sys.modules["comfyui_pack"] = pack
cached = importlib.import_module("comfyui_pack.cached")
fits = importlib.import_module("comfyui_pack.fit")
gates = importlib.import_module("comfyui_pack.gate")
jobs = importlib.import_module("comfyui_pack.jobs")
glances = importlib.import_module("comfyui_pack.glance")
graph = importlib.import_module("comfyui_pack.graph")
routes = importlib.import_module("comfyui_pack.routes")
signature = importlib.import_module("comfyui_pack.signature")
headers = importlib.import_module("comfyui_pack.headers")
host = importlib.import_module("comfyui_pack.host")
VECTORS = json.loads((ROOT / "test" / "fixtures" / "hosts" / "comfyui-prompts.json").read_text("utf-8"))


def info_of(kind: str) -> Any:
    told = VECTORS["nodes"].get(kind)
    return None if told is None else graph.NodeInfo(told.get("outputs", []), told.get("names", told.get("outputs", [])), *(bool(told.get(one)) for one in ("output", "api", "custom")))


class SignatureTest(unittest.TestCase):
    def test_host_6_every_trap_of_a_prompt_and_nothing_guessed(self) -> None:
        for name, told in VECTORS["prompts"].items():
            with self.subTest(name):
                known = told.get("files", {})
                files = signature.Files(lambda file: tuple(known[file]) if file in known else None, lambda file: told.get("dtypes", {}).get(file))
                prompt = {key: {"class_type": kind, "inputs": inputs} for key, (kind, inputs) in told["prompt"].items()}
                found = signature.describe(prompt, info_of, files)
                if told["known"] is None:
                    self.assertIsNone(found.signature)
                    continue
                self.assertIsNotNone(found.signature)
                said = {**{key: value for key, value in found.signature.items() if value not in (None, [], {})}}
                self.assertEqual({key: said.get(key) for key in told["known"]}, told["known"])
                self.assertEqual({key: [one.why, one.what] for key, one in found.unknown.items()}, told.get("unknown", {}))

    def test_host_6_a_safetensors_header_tells_what_most_bytes_are_of(self) -> None:
        import tempfile

        header = json.dumps({"__metadata__": {}, "a": {"dtype": "F32", "data_offsets": [0, 40]}, "b": {"dtype": "BF16", "data_offsets": [40, 4000]}}).encode()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.safetensors"
            path.write_bytes(len(header).to_bytes(8, "little") + header)
            self.assertEqual(headers.read_dtype(str(path)), "bf16")
            path.write_bytes(b"\xff" * 200)
            self.assertIsNone(headers.read_dtype(str(path)))

    def test_host_6_a_gguf_header_tells_what_its_maker_calls_it(self) -> None:
        import struct
        import tempfile

        def text(value: bytes) -> bytes:
            return struct.pack("<Q", len(value)) + value

        name = text(b"general.architecture") + struct.pack("<I", 8) + text(b"wan")
        tags = text(b"general.tags") + struct.pack("<IIQ", 9, 8, 2) + text(b"a") + text(b"b")
        shapes = text(b"shapes") + struct.pack("<IIQ", 9, 5, 2) + b"\0" * 8
        kind = text(b"general.file_type") + struct.pack("<II", 4, 15)
        whole = b"GGUF" + struct.pack("<IQQ", 3, 0, 4) + name + tags + shapes + kind
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.gguf"
            for written, told in ((whole, "q4_k_m"), (whole[:-4], None), (b"GGUF", None), (whole.replace(b"general.file_type", b"general.some_type"), None), (b"", None)):
                path.write_bytes(written)
                self.assertEqual(headers.read_dtype(str(path)), told)

    def test_host_6_a_graph_of_ways_that_double_is_read_in_no_time(self) -> None:
        resize = {"class_type": "ResizeImageMaskNode", "inputs": {"resize_type": "match size"}}
        prompt: Dict[str, Any] = {"0": {"class_type": "LoadImage", "inputs": {"image": "a.png"}}}
        for key in range(1, 50):
            before = [str(key - 1), 0]
            prompt[str(key)] = {**resize, "inputs": {**resize["inputs"], "input": before, "resize_type.match": before}}
        prompt["e"] = {"class_type": "VAEEncode", "inputs": {"pixels": ["49", 0]}}
        prompt["s"] = {"class_type": "SaveImage", "inputs": {"images": ["e", 0]}}
        asked: List[str] = []

        def info(kind: str) -> Any:
            asked.append(kind)
            self.assertLess(len(asked), 10_000)
            return graph.NodeInfo(["IMAGE"], ["IMAGE"]) if kind == "ResizeImageMaskNode" else info_of(kind)

        found = signature.describe(prompt, info, signature.Files(lambda file: (640, 360, 1), lambda file: None)).signature
        self.assertEqual((found["width"], found["height"]), (640, 360))

    def test_host_6_files_are_read_of_the_hosts_folders_alone(self) -> None:
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            inside, outside = Path(folder) / "input", Path(folder) / "input-not"
            for one in (inside, outside):
                one.mkdir()
                (one / "a.png").write_bytes(b"x")
            (inside / "link.png").symlink_to(outside / "a.png")
            known = [host.is_file_below(str(inside / one), (str(inside),)) for one in ("a.png", "link.png", "../input-not/a.png", "", "none.png")]
            self.assertEqual(known, [True, False, False, False, False])

    def test_host_6_expressions_are_reckoned_and_never_run(self) -> None:
        self.assertEqual(graph.calculate("max(a, 16) * 2 + 1 if b > 3 else 0", {"a": 8, "b": 4}), 33)
        self.assertEqual(graph.calculate("a & -8", {"a": 1023}), 1016)
        for wrong in ("__import__('os')", "a.real", "9**9**9", "[x for x in (1,)]", "open", "lambda: 1", "values * 99", "round(5, -99999)", "a / 0"):
            with self.assertRaises((ValueError, KeyError, ArithmeticError)):
                graph.calculate(wrong, {"a": 1, "values": [1]})

    def test_host_6_numbers_in_texts_are_found_as_comfyuis_own_nodes_find_them(self) -> None:
        presets = json.dumps({"Turbo": {"steps": 12}, "none": None})
        prompt = {
            "1": {"class_type": "JsonExtractString", "inputs": {"json_string": presets, "key": "Turbo"}},
            "2": {"class_type": "StringReplace", "inputs": {"string": ["1", 0], "find": "'", "replace": '"'}},
            "3": {"class_type": "JsonExtractString", "inputs": {"json_string": ["2", 0], "key": "steps"}},
            "4": {"class_type": "ComfyNumberConvert", "inputs": {"value": ["3", 0]}},
            "5": {"class_type": "JsonExtractString", "inputs": {"json_string": presets, "key": "none"}},
            "6": {"class_type": "JsonExtractString", "inputs": {"json_string": "[", "key": "none"}},
            "7": {"class_type": "StringReplace", "inputs": {"string": "a" * 90_000, "find": "a", "replace": "b" * 90_000}},
        }
        known = graph.Graph(prompt, info_of)
        told = [known.resolve([str(key), slot]) for key, slot in ((4, 1), (5, 0), (6, 0), (7, 0))]
        self.assertEqual(told, [12, "", "", graph.Unknown("node", "StringReplace")])

    def test_host_6_of_nodes_that_this_comfyui_lacks_that_is_told(self) -> None:
        prompt = {"1": {"inputs": {"UNKNOWN": 1}}, "2": {"class_type": "KSampler", "inputs": {"steps": 20, "latent_image": ["1", 0]}}, "3": {"class_type": "SaveImage", "inputs": {"images": ["2", 0]}}}
        found = signature.describe(prompt, info_of, signature.Files(lambda file: None, lambda file: None))
        self.assertEqual((found.signature["steps"], found.unknown["size"]), (20, graph.Unknown("absent")))

    def test_host_6_numbers_that_nobody_means_are_not_known_and_break_nothing(self) -> None:
        for odd in (float("inf"), float("nan"), 10**400, 0.5, 0, -8, "x", [1], ["1", -1], None):
            prompt = {
                "1": {"class_type": "EmptyLatentImage", "inputs": {"width": odd, "height": odd, "batch_size": odd}},
                "2": {"class_type": "ImageScaleToTotalPixels", "inputs": {"image": ["1", 0], "megapixels": odd, "resolution_steps": odd}},
                "3": {"class_type": "ResolutionSelector", "inputs": {"aspect_ratio": "1:1", "megapixels": odd, "multiple": odd}},
                "4": {"class_type": "EmptyLatentImage", "inputs": {"width": ["3", 0], "height": ["3", 1]}},
                "5": {"class_type": "KSamplerAdvanced", "inputs": {"steps": 20, "start_at_step": odd, "end_at_step": odd, "latent_image": ["4", 0]}},
                "6": {"class_type": "VAEEncode", "inputs": {"pixels": ["2", 0]}},
                "7": {"class_type": "SaveImage", "inputs": {"images": ["5", 0], "more": ["6", 0]}},
            }
            with self.subTest(odd):
                found = signature.describe(prompt, info_of, signature.Files(lambda file: None, lambda file: None)).signature
                json.dumps(found, allow_nan=False)
                self.assertLess(max(found["width"] or 0, found["steps"] or 0), 1e9)


class RoutesTest(unittest.TestCase):
    def test_host_7_a_workflow_that_comes_in_pieces_is_read_whole_and_a_fault_of_ours_says_nothing(self) -> None:
        class Content:
            pieces = [b'{"a":', b"1}"]

            async def read(self, most: int) -> bytes:
                return self.pieces.pop(0)[:most] if self.pieces else b""

        text = asyncio.run(routes.body_of(Content()))
        self.assertEqual(routes.told_by(lambda body: (200, body), text), (200, {"a": 1}))
        self.assertEqual(routes.told_by(lambda body: (200, body), b"[" * 100_000)[0], 400)
        self.assertEqual(routes.told_by(lambda body: (200, body["b"]), text), glances.AWAY)


class GoneTest(unittest.TestCase):
    def test_host_3b_a_page_that_goes_while_it_is_answered_is_no_failure_of_comfyui(self) -> None:
        wire = importlib.import_module("comfyui_pack.asgi")

        def answered(fails_at: str) -> Any:
            class Response:
                def __init__(self, status: int) -> None:
                    self.status = status
                    self.headers = types.SimpleNamespace(add=lambda name, value: None)

                async def at(self, step: str) -> None:
                    if step == fails_at:
                        raise ConnectionResetError("Cannot write to closing transport")

                async def prepare(self, request: Any) -> None:
                    await self.at("prepare")

                async def write(self, body: bytes) -> None:
                    await self.at("write")

                async def write_eof(self) -> None:
                    await self.at("eof")

            async def app(scope: Any, receive: Any, send: Any) -> None:
                await send({"type": "http.response.start", "status": 200, "headers": []})
                for body in (b"a", b"b"):
                    await send({"type": "http.response.body", "body": body})

            web = types.SimpleNamespace(StreamResponse=Response, Response=Response)
            with mock.patch.dict(sys.modules, {"aiohttp": types.SimpleNamespace(web=web)}), mock.patch.object(wire, "scope_of", lambda request, kind: {}):
                return asyncio.run(wire.answer_http(app, None)).status

        self.assertEqual([answered(step) for step in ("", "prepare", "write", "eof")], [200, 499, 499, 499])


class GlanceTest(unittest.TestCase):
    def test_host_7_the_figures_are_those_of_its_own_gpu(self) -> None:
        gpus = [{"uuid": f"GPU-{name}", "memoryUsedMiB": used, "memoryTotalMiB": 49_140} for name, used in (("a", 30_413), ("b", 1024))]
        alerts = [{"severity": "info"}, {"severity": "critical"}]
        state = {"gpus": gpus, "capacity": {"canStart": 1}, "alerts": alerts, "release": {"id": "r", "state": "done", "freedMiB": 7}}
        self.assertIsNone(glances.glance_of(state, None))
        told = glances.glance_of({**state, "gpus": gpus[:1]}, None)
        self.assertEqual((told["usedGb"], told["totalGb"], told["more"], told["alerts"], told["release"]["freedMiB"]), ("29.7", "48", 1, 1, 7))
        self.assertEqual(glances.glance_of(state, "GPU-b")["usedGb"], "1.0")
        self.assertIsNone(glances.glance_of({"gpus": []}, None))
        self.assertIsNone(glances.glance_of({"gpus": [{"memoryTotalMiB": 1, "memoryUsedMiB": None}]}, None))


def fake_execution() -> Any:
    """ComfyUI's ``execution`` as far as the pack wraps it; a node here is a function or ``None`` (its result is known)."""
    module = types.ModuleType("execution")

    async def get_output_data(prompt_id: str, node_id: str, node: Any, inputs: Any) -> Any:
        return node()

    class PromptExecutor:
        def __init__(self) -> None:
            self.status_messages: List[Tuple[str, Dict[str, Any]]] = []

        async def execute_async(self, prompt: Dict[str, Any], prompt_id: str, extra_data: Any = None, execute_outputs: Any = ()) -> None:
            known = [node_id for node_id, node in prompt.items() if node["run"] is None]
            self.status_messages = [("execution_start", {}), ("execution_cached", {"nodes": known})]
            for node_id, node in prompt.items():
                try:
                    if node["run"] is not None:
                        await module.get_output_data(prompt_id, node_id, node["run"], {})  # type: ignore[attr-defined]
                except InterruptedError:
                    self.status_messages.append(("execution_interrupted", {}))
                    return
                except Exception as error:
                    kind = f"{error.__class__.__module__}.{error.__class__.__qualname__}"
                    self.status_messages.append(("execution_error", {"exception_type": kind, "exception_message": str(error)}))
                    return
            self.status_messages.append(("execution_success", {}))

    module.PromptExecutor, module.get_output_data = PromptExecutor, get_output_data  # type: ignore[attr-defined]
    return module


class PromptsTest(RigTest):
    def setUp(self) -> None:
        self.running = self.sidecar(self.fake())
        self.execution = fake_execution()
        self.ends: List[Dict[str, Any]] = []
        self.outputs: List[Any] = []
        self.told = panel.RunningJobs(self.running.url)
        real = self.told._call

        def call(method: str, path: str, body: Optional[Dict[str, Any]], *rest: Any) -> Any:
            if method == "DELETE":
                self.ends.append(body or {})
            return real(method, path, body, *rest)

        self.told._call = call  # type: ignore[method-assign]

        def describe(prompt: Dict[str, Any], outputs: Any) -> Dict[str, Any]:
            self.outputs.append(outputs)
            return {"signature": {"host": "comfyui", "models": [next(iter(prompt.values()))["class_type"]]}}

        watch = jobs.PromptWatch(panel, self.told, describe, is_partial=lambda prompt, cached, asked: cached == {"0"})
        jobs.install(self.execution, watch)

    def run_prompt(self, *nodes: Any) -> None:
        prompt = {str(key): {"class_type": kind, "run": run} for key, (kind, run) in enumerate(nodes)}
        asyncio.run(self.execution.PromptExecutor().execute_async(prompt, "p", {}, ["1"]))

    def seen(self) -> Any:
        return wait_until("the job", lambda: [one for one in jobs_at(self.running.url) if one["state"] == "running"])[0]

    def test_host_5_phases_are_nodes_and_those_that_are_known_are_none(self) -> None:
        phases: List[str] = []

        def sees() -> None:
            self.seen()
            phases.append(wait_until("its phase", lambda: self.seen()["phase"] not in (None, *phases) and self.seen()["phase"]))

        self.run_prompt(("CheckpointLoader", None), ("K Sampler", sees), ("K Sampler", sees), ("VAEDecode", sees))
        self.assertEqual(phases, ["K Sampler", "K Sampler 2", "VAEDecode"])
        self.assertEqual(self.outputs, [["1"]])
        wait_until("its end", lambda: self.ends)
        # What was known already did not have to be computed.
        self.assertEqual(self.ends, [{"outcome": "done", "oom": False, "partial": True}])
        self.assertEqual(jobs_at(self.running.url)[0]["state"], "done")

    def test_host_5c_a_prompt_is_a_part_where_a_node_that_computes_was_known_and_not_for_loaders_and_sizes(self) -> None:
        node = lambda outputs, custom=False: graph.NodeInfo(outputs, outputs, is_custom=custom)
        kinds = {"Load": node(["MODEL", "CLIP", "VAE"]), "Lora": node(["MODEL", "CLIP"]), "Empty": node(["LATENT"]), "Encode": node(["CONDITIONING"])}
        kinds.update({"Sample": node(["LATENT"]), "Decode": node(["IMAGE"]), "Theirs": node(["IMAGE"], True), "Save": graph.NodeInfo([], [], is_output=True)})
        wired = {"load": ("Load",), "lora": ("Lora", "load 0", "load 1"), "size": ("Empty",), "text": ("Encode", "lora 1"), "sample": ("Sample", "lora 0", "text 0", "size 0")}
        wired.update({"decode": ("Decode", "sample 0", "load 2"), "theirs": ("Theirs", "decode 0"), "save": ("Save", "theirs 0")})

        def link(text: str) -> List[Any]:
            return [text.split()[0], int(text.split()[1])]

        prompt = {key: {"class_type": kind, "inputs": {str(at): link(text) for at, text in enumerate(links)}} for key, (kind, *links) in wired.items()}
        alone = [key for key in prompt if cached.is_partial(prompt, {key}, kinds.get)]
        self.assertEqual(alone, ["text", "sample", "decode", "theirs"])
        self.assertFalse(cached.is_partial(prompt, {"load", "lora", "size"}, kinds.get))
        self.assertFalse(cached.is_partial(prompt, {"theirs"}, kinds.get, ["decode"]))

    def test_host_5_a_prompt_whose_results_are_known_is_no_job(self) -> None:
        self.run_prompt(("KSampler", None), ("SaveImage", None))
        self.run_prompt(("KSampler", lambda: self.seen()))
        wait_until("the other's end", lambda: self.ends)
        self.assertEqual(len(jobs_at(self.running.url)), 1)

    def test_host_5b_out_of_memory_failure_and_interrupt_are_told_apart(self) -> None:
        class OutOfMemoryError(RuntimeError):
            pass

        def fails(error: Exception) -> Any:
            def run() -> None:
                self.seen()
                raise error

            return run

        for error in (OutOfMemoryError("CUDA out of memory"), ValueError("no such file"), InterruptedError()):
            self.run_prompt(("KSampler", fails(error)))
            wait_until("no job runs", lambda: all(one["state"] != "running" for one in jobs_at(self.running.url)))
        self.assertEqual([(one["outcome"], one["oom"]) for one in self.ends], [("failed", True), ("failed", False), ("failed", False)])

    def test_host_5b_the_peak_counts_the_weights_that_give_way_and_the_least_does_not(self) -> None:
        cuda = FakeCuda()
        cuda.reset_peak_memory_stats = lambda device: None  # type: ignore[attr-defined]
        control = types.SimpleNamespace(get_total_vram_usage=lambda: 20_000 * jobs.MIB)
        memory = types.SimpleNamespace(aimdo_enabled=True)
        with mock.patch.dict(sys.modules, {"torch": types.SimpleNamespace(cuda=cuda), "comfy_aimdo.control": control, "comfy.memory_management": memory}):
            self.run_prompt(("KSampler", lambda: (self.seen(), cuda.take(5000))))
            wait_until("the first end", lambda: [one["state"] for one in jobs_at(self.running.url)] == ["done"])
            memory.aimdo_enabled = False
            self.run_prompt(("VAEDecode", lambda: (self.seen(), cuda.take(1000))))
        wait_until("both ends", lambda: len(self.ends) == 2)
        self.assertEqual([(one.get("peakMiB"), one.get("leastMiB")) for one in self.ends], [(25_000, 5000), (6000, None)])

    def test_host_5_what_the_pack_does_wrong_costs_no_prompt(self) -> None:
        ran: List[int] = []
        with mock.patch.object(jobs, "phase_of", side_effect=KeyError("x")):
            self.run_prompt(("KSampler", lambda: ran.append(1)))
        self.assertEqual(ran, [1])


def fake_queue() -> Any:
    """ComfyUI's queue of prompts as far as the gate reads it."""
    import heapq

    class PromptQueue:
        def __init__(self) -> None:
            self.mutex = threading.RLock()
            self.not_empty = threading.Condition(self.mutex)
            self.queue: List[Any] = []
            self.flags: Dict[str, Any] = {}

        def get(self, timeout: Optional[float] = None) -> Any:
            with self.not_empty:
                while not self.queue:
                    self.not_empty.wait(timeout)
                    if timeout is not None and not self.queue:
                        return None
                return heapq.heappop(self.queue)

        def put(self, item: Any) -> None:
            with self.mutex:
                heapq.heappush(self.queue, item)
                self.not_empty.notify()

        def add(self, number: int, prompt_id: str, client_id: str = "") -> None:
            self.put((number, prompt_id, {"1": {"class_type": "KSampler"}}, {"client_id": client_id}, ["1"], {}))

    return PromptQueue


class GateTest(RigTest):
    def gated(self, url: str, peak_mib: int, **more: Any) -> Any:
        """A queue with a gate, and who takes from it as ComfyUI's worker does."""
        queue_class = fake_queue()
        gate = gates.Gate()
        told = types.SimpleNamespace(Sidecar=lambda: panel.Sidecar(url), Unreachable=panel.Unreachable, **more)
        gate.install(types.SimpleNamespace(PromptQueue=queue_class), told, lambda prompt, outputs: {"label": "prompt", "peakMiB": peak_mib})
        queue = queue_class()
        taken: List[Any] = []

        def work() -> None:
            while True:
                taken.append(queue.get(timeout=1000.0))
                if taken[-1] is None:
                    queue.flags.clear()

        # It is switched on under a worker that waits for a prompt already.
        waits = threading.Event()
        real = queue.not_empty.wait
        queue.not_empty.wait = lambda seconds=None: (waits.set(), real(seconds))[1]
        threading.Thread(target=work, daemon=True).start()
        self.assertTrue(waits.wait(30))
        gate.is_on = True
        return gate, queue, taken

    def waiting(self, url: str) -> List[str]:
        return [one["state"] for one in jobs_at(url) if one["label"] == "prompt"]

    def test_host_8_waits_for_room_is_let_in_once_and_ends_as_one_job(self) -> None:
        sidecar = self.sidecar(self.fake())
        other = call(sidecar.url + "api/v1/jobs", "POST", {"label": "other", "peakMiB": 20_000}).json()
        gate, queue, taken = self.gated(sidecar.url, 15_000)
        queue.add(1, "a")
        wait_until("it waits", lambda: self.waiting(sidecar.url) == ["waiting"])
        # What asks to free memory is not held.
        with queue.mutex:
            queue.flags["free_memory"] = True
            queue.not_empty.notify()
        wait_until("the worker is back", lambda: taken == [None])
        call(sidecar.url + f"api/v1/jobs/{other['id']}", "DELETE", {})
        wait_until("it goes", lambda: len(taken) == 2)
        self.assertEqual((taken[1][1], self.waiting(sidecar.url)), ("a", ["running"]))
        let_in = gate.take("a")
        panel.RunningJobs(sidecar.url).begin(lambda: None, *let_in).end(peak_mib=9000)
        wait_until("its end", lambda: self.waiting(sidecar.url) == ["done"])

    def test_host_8_what_is_cancelled_while_it_waits_leaves_the_sidecar_and_the_next_one_asks(self) -> None:
        sidecar = self.sidecar(self.fake())
        call(sidecar.url + "api/v1/jobs", "POST", {"label": "other", "peakMiB": 20_000})
        _, queue, taken = self.gated(sidecar.url, 15_000)
        queue.add(1, "a")
        wait_until("it waits", lambda: self.waiting(sidecar.url) == ["waiting"])
        with queue.mutex:
            queue.queue.clear()
        wait_until("it has left", lambda: self.waiting(sidecar.url) in ([], ["failed"]))
        self.assertEqual(taken, [])

    def test_host_8c_its_people_take_turns_one_by_one_and_nobody_learns_their_sessions(self) -> None:
        sidecar = self.sidecar(self.fake())
        call(sidecar.url + "api/v1/jobs", "POST", {"label": "other", "peakMiB": 20_000})
        _, queue, _ = self.gated(sidecar.url, 15_000)
        queue.add(1, "a", client_id="the session of a page")
        wait_until("it waits", lambda: self.waiting(sidecar.url) == ["waiting"])
        (asker,) = [one["requestedBy"] for one in jobs_at(sidecar.url) if one["label"] == "prompt"]
        self.assertRegex(asker, r"^visitor [0-9a-f]{8}$")
        self.assertEqual(gates.asker_of({"client_id": "the session of a page"}), {"asker": asker})
        self.assertNotEqual(gates.asker_of({"client_id": "another"}), {"asker": asker})
        self.assertEqual(gates.asker_of({}), {})

    def test_host_8d_a_prompt_stands_in_line_as_if_it_had_asked_when_it_was_queued(self) -> None:
        sidecar, gate = self.sidecar(self.fake()), gates.Gate()
        gate.is_on, queue_class = True, fake_queue()
        told = types.SimpleNamespace(Sidecar=lambda: panel.Sidecar(sidecar.url), Unreachable=panel.Unreachable)
        gate.install(types.SimpleNamespace(PromptQueue=queue_class), told, lambda prompt, outputs: {"label": prompt["1"]["class_type"], "peakMiB": 15_000})
        queue = queue_class()
        queue.add(1, "a", client_id="ann"), queue.add(2, "b", client_id="bob")
        self.assertEqual(queue.get(timeout=30.0)[1], "a")
        call(sidecar.url + "api/v1/jobs", "POST", {"label": "other", "peakMiB": 15_000})
        # ComfyUI runs the first meanwhile: the second asks now, and was queued a minute before the other asked.
        gate._queued["b"] -= 60
        threading.Thread(target=lambda: queue.get(timeout=60.0), daemon=True).start()
        wait_until("both wait", lambda: [one["position"] for one in sorted(jobs_at(sidecar.url), key=lambda one: one["requestedAt"])] == [None, 2, 1])
        with queue.mutex:
            queue.queue.clear()

    def test_host_8e_what_run_has_reserved_is_the_room_of_every_prompt(self) -> None:
        sidecar = self.sidecar(self.fake())
        around = call(sidecar.url + "api/v1/jobs", "POST", {"label": "run", "peakMiB": 20_000, "started": True}).json()
        gate, queue, taken = self.gated(sidecar.url, 15_000, job_around=panel.job_around)
        with mock.patch.dict("os.environ", {"GPU_PANEL_RUN": around["id"]}):
            queue.add(1, "a")
            wait_until("it goes", lambda: [one[1] for one in taken] == ["a"])
        self.assertEqual((gate.take("a"), [one["label"] for one in jobs_at(sidecar.url)]), (None, ["run"]))

    def test_host_8e_the_chip_says_that_what_run_has_reserved_is_enough_and_nothing_beyond(self) -> None:
        found = types.SimpleNamespace(signature={"frames": 1}, unknown={}, models=[])
        answer = {"fits": False, "never": False, "peakMiB": 15_000, "missingMiB": 8000, "options": [{"kind": "release"}]}
        sidecar = types.SimpleNamespace(call=lambda *args, **named: types.SimpleNamespace(status=200, body=answer))
        told = []
        with mock.patch.multiple(fits, describe_prompt=lambda prompt: found, weights_mib=lambda names: None), mock.patch.dict("os.environ", {"GPU_PANEL_RUN": "a 1"}):
            for reserved in (15_000, 14_000):
                panel_of_run = types.SimpleNamespace(Sidecar=lambda: sidecar, Unreachable=panel.Unreachable, job_around=lambda _: {"peakMiB": reserved})
                fit = fits.fit(panel_of_run, "comfyui", {"prompt": {}})[1]["fit"]
                told.append((fit["fits"], fit["missingMiB"], len(fit["options"])))
        self.assertEqual(told, [(True, 0, 0), (False, 8000, 1)])

    def test_host_8f_an_answer_that_is_lost_makes_no_second_job(self) -> None:
        gate, told = gates.Gate(), []

        class Sidecar:
            is_local = True

            def call(self, method: str, path: str, body: Any = None, timeout: float = 0) -> Any:
                told.append(body)
                raise panel.Unreachable("the answer is lost")

        queue_class = fake_queue()
        gate.install(types.SimpleNamespace(PromptQueue=queue_class), types.SimpleNamespace(Sidecar=Sidecar, Unreachable=panel.Unreachable), lambda prompt, outputs: {"peakMiB": 1})
        gate.is_on, queue = True, queue_class()
        queue.add(1, "a"), queue.add(2, "b")
        self.assertEqual(queue.get(timeout=30.0)[1], "a")
        # Whoever runs it asks the same again, by the same name.
        self.assertEqual(gate.take("a"), (None, told[0]))
        self.assertRegex(told[0]["requestId"], "^[0-9a-f]{32}$")
        # Known to be away: of the next nothing was asked.
        self.assertEqual((queue.get(timeout=30.0)[1], gate.take("b"), len(told)), ("b", None, 1))

    def test_host_8b_a_sidecar_that_is_away_holds_nothing_and_one_that_says_never_neither(self) -> None:
        _, queue, taken = self.gated(f"http://127.0.0.1:{free_port()}/", 15_000)
        queue.add(1, "a")
        wait_until("it goes", lambda: [one[1] for one in taken] == ["a"])
        sidecar = self.sidecar(self.fake())
        _, queue, taken = self.gated(sidecar.url, 90_000)
        queue.add(1, "b")
        wait_until("it goes", lambda: [one[1] for one in taken] == ["b"])

    def test_host_8_what_was_cancelled_or_overtaken_is_told_without_the_lock_of_the_queue(self) -> None:
        queue_class, gate, told = fake_queue(), gates.Gate(), []
        queue = queue_class()

        def free_for_others() -> bool:
            got: List[bool] = []
            other = threading.Thread(target=lambda: got.append(queue.mutex.acquire(timeout=5) and not queue.mutex.release()))
            other.start()
            other.join()
            return got == [True]

        class Sidecar:
            is_local = True

            def call(self, method: str, path: str, body: Any = None, timeout: float = 0) -> Any:
                told.append((method, path.rsplit("/", 1)[1], free_for_others()))
                if method == "POST":
                    with queue.mutex:
                        queue.queue.clear()
                        # The first is overtaken by the second, which is cancelled.
                        if len(told) == 1:
                            queue.add(2, "a"), queue.add(1, "b")
                if method == "DELETE" and len(told) > 2:
                    raise ValueError("what nobody expects")
                return types.SimpleNamespace(status=201, body={"id": f"job-{len(told)}", "state": "waiting"})

        gate.install(types.SimpleNamespace(PromptQueue=queue_class), types.SimpleNamespace(Sidecar=Sidecar, Unreachable=panel.Unreachable), lambda prompt, outputs: {"peakMiB": 1})
        gate.is_on = True
        queue.add(2, "a")
        self.assertIsNone(queue.get(timeout=2.0))
        self.assertEqual(told, [("POST", "jobs", True), ("DELETE", "job-1", True), ("POST", "jobs", True), ("DELETE", "job-3", True)])

    def test_host_8d_a_sidecar_of_before_that_knows_no_such_place_is_asked_without_it(self) -> None:
        gate, told = gates.Gate(), []

        class Sidecar:
            is_local = True

            def call(self, method: str, path: str, body: Any = None, timeout: float = 0) -> Any:
                told.append("waitedSeconds" in body)
                waits = types.SimpleNamespace(status=202, body={"id": "a", "state": "waiting"})
                return types.SimpleNamespace(status=400, body={"code": "bad-request"}) if told[-1] else waits

        gate.install(types.SimpleNamespace(PromptQueue=fake_queue()), types.SimpleNamespace(Sidecar=Sidecar, Unreachable=panel.Unreachable), lambda prompt, outputs: {"peakMiB": 1})
        asked = gate._ask({}, [], {"waitedSeconds": 3.0})
        self.assertEqual((asked.job_id, asked.may_go, told), ("a", False, [True, False]))

    def test_host_8_what_was_set_in_the_page_holds_after_a_restart_without_one(self) -> None:
        import tempfile

        settings = importlib.import_module("comfyui_pack.settings")
        args = types.SimpleNamespace(multi_user=False)
        with tempfile.TemporaryDirectory() as folder:
            modules = {"folder_paths": types.SimpleNamespace(get_user_directory=lambda: folder), "comfy.cli_args": types.SimpleNamespace(args=args)}
            file = Path(folder) / "default" / "comfy.settings.json"
            file.parent.mkdir()
            with mock.patch.dict(sys.modules, modules):
                told = [settings.saved_setting("gate")]
                for text in ('{"gpu-status-panel.gate": true}', '{"gpu-status-panel.gate": false}', "[1]", "{"):
                    file.write_text(text, "utf-8")
                    told.append(settings.saved_setting("gate"))
                file.write_text('{"gpu-status-panel.gate": true}', "utf-8")
                args.multi_user = True
                told.append(settings.saved_setting("gate"))
                del modules["folder_paths"].get_user_directory
                args.multi_user = False
                told.append(settings.saved_setting("gate"))
        self.assertEqual(told, [False, True, False, False, False, False, False])

    def test_host_8_what_the_environment_has_switched_on_no_page_switches_off(self) -> None:
        with mock.patch.dict("os.environ", {"GPU_PANEL_COMFYUI_GATE": "1"}):
            gate = gates.Gate()
        for on in (True, False):
            gate.set(on)
            self.assertTrue(gate.is_on)


if __name__ == "__main__":
    unittest.main()
