"""Generators whose steps run under a job."""

from __future__ import annotations

from typing import Any, Generator

from ._jobs import CURRENT_JOB, Job


def steps_under(running: Job, inner: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """``yield from inner``, with the job as the current one in each step: hosts give each step a context of its own."""
    given: Any = None
    error: BaseException | None = None
    while True:
        outer = CURRENT_JOB.set(running)
        try:
            item = inner.send(given) if error is None else inner.throw(error)
        except StopIteration as ended:
            return ended.value
        finally:
            CURRENT_JOB.reset(outer)
        try:
            error, given = None, (yield item)
        except GeneratorExit:
            inner.close()
            raise
        except BaseException as raised:
            error = raised
