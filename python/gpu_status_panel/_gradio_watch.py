"""``watch``: what a demo runs is declared as jobs, and waits for VRAM without holding anything up."""

from __future__ import annotations

import copy
import functools
import threading
from typing import Any, Callable, Iterable, Mapping, Optional, Set, TypeVar

from ._api import Sidecar
from ._base import log, warn_once
from ._call_signature import call_signature
from ._contact import Contact
from ._gate import GATE
from ._gradio_call import active_events, argument, asker_of, call_of, crowded_words, error_in_words, event_of, first_request, is_probe, refused_words, show_progress, speaks_chinese, waiting_words
from ._gradio_choice import Choice, Functions
from ._gradio_job import WatchedJob
from ._gradio_run import observed, under_job
from ._park import Parking
from ._report import JobError, JobRefused, JobSettings
from ._threads import in_thread

AnyDemo = TypeVar("AnyDemo")
WATCH = "_gpu_status_panel_watch"
MOST_WAITING = 30
"""Of Gradio's forty places for all functions of a demo, those that may be held by waiting."""
LOOK_S = 0.5
"""How often a visitor is looked for who may have gone."""
TTL_S = 20


class Watch:
    """Stands before a demo's ``call_function``."""

    def __init__(self, demo: Any, functions: Functions, park: Optional[Callable[[], Iterable[Any]]], url: Optional[str], token: Optional[str]) -> None:
        self.demo = demo
        self.choice = Choice(demo, functions)
        self.parking: Optional[Parking] = None if park is None else Parking(park)
        if self.parking is not None:
            GATE.returns.append(self.parking.bring_back)
        self._url, self._token = url, token
        self._contact = Contact(Sidecar(url, token))
        self._waiting: Set[WatchedJob] = set()
        self._lock = threading.Lock()
        self._waiting_events: Set[Optional[str]] = set()
        self._call = demo.call_function

    async def call_function(self, block_fn: Any, *args: Any, **kwargs: Any) -> Any:
        """As Gradio's own, with admission before the first step."""
        called = self.demo.fns[block_fn] if isinstance(block_fn, int) else block_fn
        given = (called, *args)
        is_first = argument("iterator", given, kwargs) is None
        if not is_first or called.fn is None or getattr(called, "renderable", None) is not None or is_probe():
            return await self._call(block_fn, *args, **kwargs)
        event_id = argument("event_id", given, kwargs)
        if not self.choice.is_chosen(called):
            if event_id is not None and self.choice.is_observed(called):
                called = with_fn(called, observed(called.fn, self.choice.learn))
            return await self._call(called, *args, **kwargs)
        request = first_request(argument("requests", given, kwargs))
        made = self._make(called, argument("processed_input", given, kwargs), request, event_id)
        try:
            await self._admit(made, event_id, speaks_chinese(request))
            return await self._call(with_fn(called, under_job(made, called.fn, self.choice.declares_itself)), *args, **kwargs)
        finally:
            # A generator's body begins with its first step, which is part of the call.
            made.leave_unbegun()

    def _make(self, called: Any, values: Any, request: Any, event_id: Optional[str]) -> WatchedJob:
        import asyncio

        loop = asyncio.get_running_loop()
        chinese = speaks_chinese(request)

        def on_wait(told: Any) -> Optional[str]:
            """In a thread: what a visitor is told, or why he may not wait."""
            with self._lock:
                # The answer came too late: nobody would take it out again.
                if made.has_left:
                    raise JobError("given up while waiting")
                if made not in self._waiting and len(self._waiting) >= MOST_WAITING:
                    return crowded_words(MOST_WAITING, chinese)
                self._waiting.add(made)
            loop.call_soon_threadsafe(show_progress, self.demo, event_id, waiting_words(told, chinese))
            return None

        settings = JobSettings(None, None, None, {}, None, None, None, True, None, None, TTL_S, "raise", self._url, self._token, signature_of(called, values), asker_of(request))
        made = WatchedJob(settings, self._contact, on_wait)
        return made

    async def _admit(self, made: WatchedJob, event_id: Optional[str], chinese: bool) -> None:
        """Waits on the loop, where it can be cancelled and holds no thread of Gradio's."""
        import asyncio

        self._waiting_events.add(event_id)
        admission = asyncio.ensure_future(in_thread(made.admit))
        try:
            while not admission.done():
                await asyncio.wait({admission}, timeout=LOOK_S)
                event = event_of(self.demo, event_id)
                if event is not None and not event.alive and not admission.done():
                    raise error_in_words("the page was closed")
            admission.result()
        except JobRefused as error:
            text = str(error)
            raise error_in_words(text if text == crowded_words(MOST_WAITING, chinese) else refused_words(text, chinese)) from None
        except JobError as error:
            raise error_in_words(str(error)) from None
        finally:
            if not admission.done():
                admission.cancel()
            with self._lock:
                made.has_left = True
                was_waiting = made in self._waiting
                self._waiting.discard(made)
            self._waiting_events.discard(event_id)
            if was_waiting:
                show_progress(self.demo, event_id, None)

    def is_busy(self) -> bool:
        """Whether anything of the demo runs; who waits for VRAM must not keep it from being released."""
        return any(getattr(event, "_id", None) not in self._waiting_events for event in active_events(self.demo))

    def queued(self) -> int:
        """Who waits, for Gradio's turn or for VRAM."""
        queues = getattr(getattr(self.demo, "_queue", None), "event_queue_per_concurrency_id", None) or {}
        return len(self._waiting) + sum(len(one.queue) for one in list(queues.values()))


def signature_of(called: Any, values: Any) -> Mapping[str, Any]:
    """What of the values is understood; no visitor's value may cost him his run."""
    try:
        return call_signature("gradio", called.fn, call_of(called, values))
    except Exception as error:
        log.debug("gpu_status_panel: a call is not understood: %r", error)
        return call_signature("gradio", called.fn, [])


def with_fn(block_fn: Any, fn: Callable[..., Any]) -> Any:
    """A shallow copy that calls another function: what Gradio keeps stays untouched."""
    other = copy.copy(block_fn)
    other.fn = fn
    return other


def watch(
    demo: AnyDemo,
    functions: Functions = None,
    park: Optional[Callable[[], Iterable[Any]]] = None,
    *,
    url: Optional[str] = None,
    token: Optional[str] = None,
) -> AnyDemo:
    """Declares what a Gradio demo runs as jobs, which wait until their VRAM is free. ``mount(demo)`` does it by itself.

    * ``functions``: those that use the GPU, or their names. Without: what makes a video, picture, sound or model when a
      button is pressed, and what was seen to take VRAM. One that uses ``job`` declares its own.
    * ``park``: tells the models that lie on the GPU. A release moves them to the CPU, and they are back before the
      next job: ``park=lambda: [pipe]``.

    What a job is known by are the function and those values of its form that change its need (size, frames, model …);
    its peaks are learned from PyTorch's allocator. Who waits is told his place and can cancel; of more than thirty the
    rest are refused in words.
    """
    watch_demo(demo, functions, park, url, token)
    return demo


def watch_demo(demo: Any, functions: Functions, park: Optional[Callable[[], Iterable[Any]]], url: Optional[str], token: Optional[str]) -> Optional[Watch]:
    known: Optional[Watch] = getattr(demo, WATCH, None)
    if known is not None:
        return known
    if not callable(getattr(demo, "call_function", None)):
        warn_once("gradio", "this version of Gradio calls its functions in another way: what they run is not declared")
        return None
    made = Watch(demo, functions, park, url, token)

    @functools.wraps(demo.call_function)
    async def call_function(block_fn: Any, *args: Any, **kwargs: Any) -> Any:
        return await made.call_function(block_fn, *args, **kwargs)

    demo.call_function = call_function
    setattr(demo, WATCH, made)
    return made
