"""A watched function: of the same kind as the user's, and a job while it runs."""

from __future__ import annotations

import contextlib
import functools
import inspect
from typing import Any, Callable, Iterator, List, Optional

from ._allocator import begin_peak, loaded_torch, peaks
from ._gate import GATE
from ._gradio_job import WatchedJob
from ._jobs import CURRENT_JOB
from ._steps import steps_under
from ._threads import in_thread


def under_job(running: WatchedJob, fn: Callable[..., Any], on_own_job: Callable[[Any], None]) -> Any:
    """The function, whose job begins and ends in the thread in which it runs itself: a cancelled one runs on."""

    @contextlib.contextmanager
    def ending(is_current: bool = False) -> Iterator[None]:
        """What runs in it is the body of the job; where steps come, each sets the current job itself."""
        error: Optional[BaseException] = None
        try:
            with current(running) if is_current else contextlib.nullcontext():
                yield
        except BaseException as raised:
            error = raised
            raise
        finally:
            if running.gave_way:
                on_own_job(fn)
            # A sidecar that hangs shall not hold the answer back.
            running.end(error, beside=True)

    @functools.wraps(fn)
    def function(*args: Any, **kwargs: Any) -> Any:
        running.begin()
        with ending(is_current=True):
            return fn(*args, **kwargs)

    @functools.wraps(fn)
    def generator(*args: Any, **kwargs: Any) -> Any:
        running.begin()
        with ending():
            return (yield from steps_under(running, fn(*args, **kwargs)))

    @functools.wraps(fn)
    async def coroutine(*args: Any, **kwargs: Any) -> Any:
        await in_thread(running.begin, running.give_up)
        with ending(is_current=True):
            return await fn(*args, **kwargs)

    @functools.wraps(fn)
    async def async_generator(*args: Any, **kwargs: Any) -> Any:
        await in_thread(running.begin, running.give_up)
        with ending():
            inner = fn(*args, **kwargs)
            try:
                while True:
                    try:
                        with current(running):
                            item = await inner.__anext__()
                    except StopAsyncIteration:
                        return
                    yield item
            finally:
                await inner.aclose()

    for is_kind, made in ((inspect.isasyncgenfunction, async_generator), (inspect.iscoroutinefunction, coroutine), (inspect.isgeneratorfunction, generator)):
        if is_kind(fn):
            return made
    return function


@contextlib.contextmanager
def current(running: WatchedJob) -> Iterator[None]:
    outer = CURRENT_JOB.set(running)
    try:
        yield
    finally:
        CURRENT_JOB.reset(outer)


def observed(fn: Callable[..., Any], learn: Callable[[Any, int], None]) -> Any:
    """A function of which is learned whether it uses the GPU: by how much the allocator's peak rose while it ran alone."""
    if not inspect.isroutine(fn) or inspect.isasyncgenfunction(fn) or inspect.isgeneratorfunction(fn) or inspect.iscoroutinefunction(fn):
        return fn

    @functools.wraps(fn)
    def function(*args: Any, **kwargs: Any) -> Any:
        me = Observation()
        try:
            return fn(*args, **kwargs)
        finally:
            rose = me.end()
            if rose is not None:
                learn(fn, rose)

    return function


class Observation:
    """How much the allocator's peak rises; not known while anything else runs beside."""

    under_way: List[Observation] = []

    def __init__(self) -> None:
        self._alone = GATE.running == 0 and not self.under_way
        for other in self.under_way:
            other._alone = False
        self.under_way.append(self)
        self._before = held_mib()
        if self._alone:
            begin_peak()

    def end(self) -> Optional[int]:
        self.under_way.remove(self)
        after = peaks()[0]
        return after - self._before if self._alone and after is not None and GATE.running == 0 else None


def held_mib() -> int:
    """In tensors now; 0 before the first use of CUDA."""
    torch = loaded_torch()
    if torch is None:
        return 0
    try:
        return max((round(torch.cuda.memory_allocated(device) / 2**20) for device in range(torch.cuda.device_count())), default=0)
    except Exception:
        return 0
