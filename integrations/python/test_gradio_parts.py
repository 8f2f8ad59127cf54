"""What ``mount(demo)`` and ``watch`` are made of, without Gradio: real Gradio runs in ``npm run test:hosts``."""

import asyncio
import logging
import threading
import time
import types
import unittest

import gpu_status_panel as panel


class Video: ...


class Textbox: ...


def block_fn(fn, outputs=(), targets=((1, "click"),), inputs=(), **more):
    return types.SimpleNamespace(fn=fn, outputs=list(outputs), targets=list(targets), inputs=list(inputs), api_name=None, **more)


def labelled(label):
    return types.SimpleNamespace(label=label)


class SignatureTest(unittest.TestCase):
    def test_names_and_labels_of_a_forms_values_say_how_large_a_job_is(self) -> None:
        def generate(prompt, size, frame_num, seed, model_name, enable_vae_tiling, first_image): ...

        inputs = [labelled(text) for text in ("Prompt", "Resolution(Width*Height)", "Frames", "Seed", "Model", "Tiling", "Image")]
        values = ["a fox, 640x480 in a frame", "480*832", 81.0, 7, "wan2.1-1.3b", True, {"path": "/tmp/a.PNG"}]
        signature = panel.call_signature("gradio", generate, panel.call_of(block_fn(generate, inputs=inputs), values))
        self.assertEqual(signature.pop("kind"), "python/test_gradio_parts.SignatureTest.test_names_and_labels_of_a_forms_values_say_how_large_a_job_is.generate")
        self.assertEqual(
            signature,
            {"host": "gradio", "width": 480, "height": 832, "frames": 81, "models": ["wan2.1-1.3b"], "options": {"enable_vae_tiling": True, "given image": True}},
        )

    def test_labels_are_enough_in_english_and_chinese_and_nothing_is_guessed(self) -> None:
        def infer(*values): ...

        for label, value, found in (
            ("Sampling steps (1–50)", 30, {"steps": 30}),
            ("宽度", 1024, {"width": 1024}),
            ("帧数", "49", {"frames": 49}),
            ("分辨率", "720p", {"options": {"resolution": "720p"}}),
            ("Number of images", 4, {"batch": 4}),
            ("Width", 0, {}),
            ("Width", float("nan"), {}),
            ("Width", "²", {}),
            ("Width", "9" * 5000, {}),
            ("Framework", 3, {}),
            ("Guidance scale", 7.5, {}),
            ("Prompt", "a width of 512x512", {}),
        ):
            signature = panel.call_signature("gradio", infer, [("", label, value)])
            signature = {key: told for key, told in signature.items() if key not in ("host", "kind") and told not in ([], {})}
            self.assertEqual(signature, found, label)

    def test_an_editors_picture_is_a_given_image(self) -> None:
        class ndarray:
            def __bool__(self):
                raise ValueError("ambiguous")

        def infer(picture): ...

        for value in ({"background": ndarray(), "layers": []}, {"path": None, "background": {"path": "/tmp/a.png"}}):
            self.assertEqual(panel.call_signature("gradio", infer, [("picture", "", value)])["options"], {"given image": True})

    def test_what_no_signature_can_be_read_from_is_a_signature_all_the_same(self) -> None:
        self.assertEqual(panel.bound_call(print, [object()], {"nonsense": 1}), [])
        self.assertTrue(panel.kind_of(dict.get))
        self.assertTrue(panel.kind_of(types.SimpleNamespace()))


class ChoiceTest(unittest.TestCase):
    def setUp(self) -> None:
        panel.WARNED.clear()

    def test_what_makes_media_when_a_button_is_pressed_is_a_job_and_what_is_learned(self) -> None:
        def generate(): ...
        def describe(): ...

        @panel.job(peak_mib=1000)
        def own(): ...

        choice = panel.Choice(types.SimpleNamespace(fns={}), None)
        self.assertTrue(choice.is_chosen(block_fn(generate, [Video()])))
        self.assertFalse(choice.is_chosen(block_fn(generate, [Video()], [(1, "change")])))
        self.assertFalse(choice.is_chosen(block_fn(own, [Video()])), "it declares its job by itself")
        described = block_fn(describe, [Textbox()])
        self.assertFalse(choice.is_chosen(described))
        choice.learn(describe, panel.ROSE_MIB - 1)
        self.assertFalse(choice.is_chosen(described))
        choice.learn(describe, 900)
        self.assertTrue(choice.is_chosen(described))
        choice.declares_itself(describe)
        self.assertFalse(choice.is_chosen(described))

    def test_functions_are_named_by_themselves_or_by_their_names(self) -> None:
        class Model:
            def run(self): ...

        model = Model()
        fns = {0: block_fn(model.run), 1: block_fn(lambda: None)}
        for named in ([model.run], ["run"]):
            choice = panel.Choice(types.SimpleNamespace(fns=fns), named)
            self.assertEqual([choice.is_chosen(one) for one in fns.values()], [True, False])
        with self.assertLogs("gpu_status_panel", logging.WARNING) as logs:
            panel.Choice(types.SimpleNamespace(fns=fns), ["rum"])
        self.assertIn("'rum'", logs.output[0])


class Net:
    """As ``nn.Module``."""

    def __init__(self, device="cuda:1", stays=False):
        self.weight = types.SimpleNamespace(device=device)
        self.stays = stays

    def parameters(self):
        return iter([self.weight])

    def to(self, device):
        if self.stays:
            raise ValueError("quantized")
        self.weight.device = device


class ParkingTest(unittest.TestCase):
    def setUp(self) -> None:
        panel.WARNED.clear()

    def test_models_leave_and_come_back_to_where_they_were(self) -> None:
        # The shape of Wan2.1's pipeline: networks in attributes of plain objects.
        wan = types.SimpleNamespace(model=Net(), text_encoder=types.SimpleNamespace(model=Net("cuda:0")), vae=[Net("cpu")], name="t2v", none=None)
        wan.itself = wan
        parking = panel.Parking(lambda: [wan, None])
        nets = [wan.model, wan.text_encoder.model, wan.vae[0]]
        parking.bring_back()
        parking.unload()
        self.assertEqual([net.weight.device for net in nets], ["cpu"] * 3)
        parking.unload()
        parking.bring_back()
        self.assertEqual([net.weight.device for net in nets], ["cuda:1", "cuda:0", "cpu"])

    def test_what_cannot_be_moved_stays_and_is_told(self) -> None:
        nets = [Net(stays=True), Net()]
        with self.assertLogs("gpu_status_panel", logging.WARNING) as logs:
            panel.Parking(lambda: nets).unload()
        self.assertIn("quantized", logs.output[0])
        self.assertEqual([net.weight.device for net in nets], ["cuda:1", "cpu"])


class LogInTest(unittest.TestCase):
    def may(self, app, without, cookie=b""):
        scope = {"type": "websocket", "app": app, "headers": [(b"cookie", cookie)], "path": "/", "query_string": b""}
        return asyncio.run(panel.said_by(panel.resolved(panel.ByLogIn(without), scope), scope))

    def test_the_log_in_of_a_demo_decides_where_it_has_one(self) -> None:
        import starlette.requests  # noqa: F401

        open_app = types.SimpleNamespace(auth=None, auth_dependency=None)
        self.assertEqual([self.may(open_app, one) for one in (True, False)], [True, False])
        app = types.SimpleNamespace(auth={"a": "b"}, auth_dependency=None, cookie_id="x", tokens={"right": "a"})
        for cookie, may in ((b"", False), (b"access-token-x=wrong", False), (b"access-token-x=right", True), (b"access-token-unsecure-x=right", True)):
            self.assertEqual(self.may(app, True, cookie), may, cookie)

        async def of_header(request):
            return request.headers.get("cookie") or None

        def refuses(request):
            raise PermissionError("401")

        app.auth_dependency = of_header
        self.assertEqual([self.may(app, False, cookie) for cookie in (b"", b"who=me")], [False, True])
        app.auth_dependency = refuses
        self.assertFalse(self.may(app, True, b"who=me"))


class WatchTest(unittest.TestCase):
    def setUp(self) -> None:
        panel.WARNED.clear()
        self.called = []
        self.event = types.SimpleNamespace(_id="a", alive=True)
        queues = {"x": types.SimpleNamespace(queue=[1, 2])}
        queue = types.SimpleNamespace(active_jobs=[[self.event], None], event_queue_per_concurrency_id=queues)
        self.demo = types.SimpleNamespace(fns={}, call_function=self.call, _queue=queue)

    async def call(self, block, *args, **kwargs):
        self.called.append(block)
        return block.fn()

    def test_who_waits_is_not_busy_and_who_runs_is(self) -> None:
        watching = panel.Watch(self.demo, None, None, None, None)
        self.assertEqual((watching.is_busy(), watching.queued()), (True, 2))
        watching._waiting_events.add("a")
        self.assertFalse(watching.is_busy())

    def test_who_has_gone_while_the_sidecar_was_asked_does_not_count_as_waiting(self) -> None:
        watching = panel.Watch(self.demo, None, None, None, None)

        async def goes() -> None:
            made = watching._make(block_fn(lambda: None), [], None, "a")
            answered = asyncio.Event()
            loop = asyncio.get_running_loop()
            go = threading.Event()

            def admit() -> None:
                loop.call_soon_threadsafe(answered.set)
                go.wait(5)
                made._on_wait({})

            made.admit = admit
            task = asyncio.ensure_future(watching._admit(made, "a", False))
            await answered.wait()
            task.cancel()
            await asyncio.wait({task})
            go.set()

        asyncio.run(goes())
        for thread in [one for one in threading.enumerate() if one.name == "gpu-status-panel"]:
            thread.join(5)
        self.assertEqual((watching.queued(), watching._waiting_events), (2, set()))

    def test_who_goes_the_moment_he_is_admitted_gives_his_room_back(self) -> None:
        watching = panel.Watch(self.demo, None, None, None, None)
        left = []

        async def goes() -> None:
            made = watching._make(block_fn(lambda: None), [], None, "a")
            made.leave_unbegun = lambda: left.append(made)
            watching._make = lambda *args: made
            task = asyncio.ensure_future(watching.call_function(block_fn(lambda: None, [Video()]), [], None, None, "a"))
            made.admit = lambda: task.get_loop().call_soon_threadsafe(task.cancel)
            await asyncio.wait({task})

        asyncio.run(goes())
        self.assertEqual(len(left), 1)

    def test_later_steps_functions_without_python_and_those_of_no_gpu_go_as_they_are(self) -> None:
        self.assertIs(panel.watch(self.demo), self.demo)
        self.assertIs(panel.watch_demo(self.demo, None, None, None, None), panel.watch_demo(self.demo, None, None, None, None), "once a demo")
        made, plain = block_fn(lambda: "made", [Video()]), block_fn(lambda: "text", [Textbox()])
        self.demo.fns[7] = plain
        self.assertEqual(asyncio.run(self.demo.call_function(made, [], object())), "made")
        self.assertEqual(asyncio.run(self.demo.call_function(plain, [], iterator=None)), "text")
        self.assertEqual(asyncio.run(self.demo.call_function(7, [])), "text")
        self.assertEqual(self.called, [made, plain, plain])

    def test_a_gradio_that_calls_in_another_way_is_told_once(self) -> None:
        with self.assertLogs("gpu_status_panel", logging.WARNING) as logs:
            for _ in range(2):
                panel.watch(types.SimpleNamespace(fns={}))
        self.assertEqual(len(logs.output), 1)


class Desk:
    """What a sidecar answers, by the words of a request; what raises is silence."""

    def __init__(self, **answers):
        self.answers = {"GET": [], "POST": [], **answers}
        self.asked = []
        self.url = "http://127.0.0.1:1/"
        self.is_local = True
        self.stranger = None
        self.is_at_work = False

    def whoami(self, timeout=0):
        return panel.Who("1", "boot", None)

    def call(self, method, path, body=None, timeout=0):
        self.asked.append((method, path.split("?")[0]))
        if method == "GET" and path == "api/v1/state?hosts=names":
            return panel.Answer(200, {})
        answers = self.answers.get(method)
        answer = answers.pop(0) if answers else None
        if callable(answer):
            answer = answer()
        if answer is None and method == "POST":
            raise panel.Unreachable("slow")
        return panel.Answer(200, answer or {})


WAITS, RUNS = {"id": "j", "state": "waiting"}, {"id": "j", "state": "running", "pid": 1}


class WatchedJobTest(unittest.TestCase):
    def setUp(self) -> None:
        panel.WARNED.clear()
        self.addCleanup(lambda: self.assertEqual(panel.GATE.running, 0))

    def made(self, desk, on_wait=lambda told: None):
        settings = panel.JobSettings(None, None, 1, {}, None, None, None, True, None, None, 20, "raise", None, None)
        job = panel.WatchedJob(settings, panel.Contact(desk), on_wait)
        job._sidecar = desk
        self.addCleanup(job._stop.set)
        return job

    def test_who_is_slow_is_asked_again_and_no_job_is_let_through_uncounted(self) -> None:
        job, before = self.made(Desk(POST=[None, WAITS, {"id": "k", "state": "running", "pid": 1}], GET=[{"state": "expired"}])), threading.enumerate()
        job.admit()
        self.assertEqual(job.id, "k")
        begun = [one for one in threading.enumerate() if one not in before]
        until = time.monotonic() + 5
        while len([one for one in begun if one.is_alive()]) > 1 and time.monotonic() < until:
            time.sleep(0.01)
        self.assertEqual([one.is_alive() for one in begun][-1:], [True])
        self.assertFalse(any(one.is_alive() for one in begun[:-1]), "a job that was asked for again has two heartbeats")
        with self.assertLogs("gpu_status_panel", logging.WARNING):
            job = self.made(Desk())
            job.admit()
        self.assertEqual((job.id, len([1 for one in job._sidecar.asked if one[0] == "POST"])), (None, panel.TRIES))

    def test_what_was_left_does_not_begin_and_gives_its_room_back(self) -> None:
        job = self.made(Desk(POST=[RUNS]))
        job.admit()
        job.leave_unbegun()
        with self.assertRaises(panel.JobError):
            job.begin()
        for thread in [one for one in threading.enumerate() if one.name == "gpu-status-panel"]:
            thread.join(5)
        self.assertIn(("DELETE", "api/v1/jobs/j"), job._sidecar.asked)

    def test_what_has_begun_is_not_left_and_what_cannot_begin_gives_its_room_back(self) -> None:
        job = self.made(Desk(POST=[RUNS]))
        job.admit()
        # Its visitor goes while its models come back.
        panel.GATE.returns.append(job.leave_unbegun)
        self.addCleanup(panel.GATE.returns.clear)
        job.begin()
        self.assertNotIn(("DELETE", "api/v1/jobs/j"), job._sidecar.asked)
        job.end(None)

        def no_room():
            raise RuntimeError("CUDA out of memory")

        panel.GATE.returns[:] = [no_room]
        other = self.made(Desk(POST=[RUNS]))
        other.admit()
        with self.assertRaises(RuntimeError):
            other.begin()
        self.assertTrue(other._abandoned.is_set())

    def test_an_async_run_that_is_cancelled_as_it_begins_or_fails_as_it_closes_ends_its_job(self) -> None:
        async def infer():
            raise AssertionError("it runs for nobody")

        async def steps():
            try:
                yield 1
            finally:
                raise ValueError("as it closes")

        async def cancelled(job):
            begun = asyncio.Event()
            loop = asyncio.get_running_loop()
            go = threading.Event()
            panel.GATE.returns[:] = [lambda: (loop.call_soon_threadsafe(begun.set), go.wait(5))]
            task = asyncio.ensure_future(panel.under_job(job, infer, print)())
            await begun.wait()
            task.cancel()
            await asyncio.wait({task})
            panel.GATE.returns.clear()
            go.set()

        async def closed(job):
            run = panel.under_job(job, steps, print)()
            await run.__anext__()
            with self.assertRaises(ValueError):
                await run.aclose()

        for run in (cancelled, closed):
            job = self.made(Desk())
            asyncio.run(run(job))
            for thread in [one for one in threading.enumerate() if one.name == "gpu-status-panel"]:
                thread.join(5)
            self.assertEqual(job.report.outcome, "failed", run)


class WordsTest(unittest.TestCase):
    def test_who_waits_reads_place_and_cause_in_his_language(self) -> None:
        told = {"position": 2, "reason": {"code": "no-room", "params": {"missing": 3277}}}
        self.assertEqual(panel.waiting_words(told, False), "Waiting for VRAM, place 2: 3.2 GiB are missing")
        self.assertEqual(panel.waiting_words(told, True), "正在等待显存，第 2 位：还差 3.2 GiB")
        self.assertEqual(panel.waiting_words({}, False), "Waiting for VRAM, place 1")

    def test_nobody_learns_of_another_visitors_session(self) -> None:
        request = types.SimpleNamespace(username=None, session_hash="abc123")
        self.assertNotIn("abc123", panel.asker_of(request))
        self.assertEqual(panel.asker_of(request), panel.asker_of(request))
        self.assertIsNone(panel.asker_of(None))


if __name__ == "__main__":
    unittest.main()
