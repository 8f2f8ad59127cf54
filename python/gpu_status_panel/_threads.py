"""What blocks, away from the event loop; what is async, to its end."""

from __future__ import annotations

import contextvars
import threading
from typing import Any, Callable, Optional


async def in_thread(work: Callable[[], Any], on_cancel: Optional[Callable[[], None]] = None) -> Any:
    """Runs what blocks in a thread of its own: jobs may wait for hours, and the loop's own threads are few."""
    import asyncio

    loop = asyncio.get_running_loop()
    done: asyncio.Future[Any] = loop.create_future()

    def settle(result: Any, error: Optional[BaseException]) -> None:
        if done.cancelled():
            return
        if error is None:
            done.set_result(result)
        else:
            done.set_exception(error)

    def run() -> None:
        result, failure = None, None
        try:
            result = work()
        except BaseException as error:
            failure = error
        try:
            loop.call_soon_threadsafe(settle, result, failure)
        except RuntimeError:  # The loop has ended meanwhile.
            pass

    threading.Thread(target=contextvars.copy_context().run, args=(run,), name="gpu-status-panel", daemon=True).start()
    try:
        return await done
    except asyncio.CancelledError:
        if on_cancel is not None:
            on_cancel()
        raise


def beside_this(work: Callable[[], Any]) -> None:
    """Runs what blocks for a moment in a thread; a program that ends waits for it."""
    try:
        threading.Thread(target=work, name="gpu-status-panel").start()
    except RuntimeError:  # The interpreter is about to end.
        work()


def run_to_end(fn: Callable[[], Any]) -> Any:
    """The result of a function, also of an async one: called from a thread without a loop of its own."""
    import asyncio
    import inspect

    result = fn()
    if not inspect.isawaitable(result):
        return result

    async def wait_for() -> Any:
        return await result

    return asyncio.run(wait_for())
