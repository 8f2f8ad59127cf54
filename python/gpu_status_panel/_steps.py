"""Generators whose steps run under a job."""

from __future__ import annotations

from typing import Any, Generator

from ._jobs import CURRENT_JOB, Job


def steps_under(running: Job, inner: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """``yield from inner``, with the job as the current one in each step: hosts give each step a context of its own."""
    step, given = inner.send, None
    while True:
        outer = CURRENT_JOB.set(running)
        try:
            item = step(given)
        except StopIteration as ended:
            return ended.value
        finally:
            CURRENT_JOB.reset(outer)
        try:
            step, given = inner.send, (yield item)
        except GeneratorExit:
            inner.close()
            raise
        except BaseException as error:
            step, given = inner.throw, error
