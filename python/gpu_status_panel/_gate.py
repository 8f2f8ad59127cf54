"""Jobs of this process and an unload keep clear of each other."""

from __future__ import annotations

import threading
from typing import Callable, List, Protocol


class Enters(Protocol):
    """A job, as the gate sees it."""

    alone: bool


class Gate:
    """Keeps the jobs of this process and an unload apart: neither begins while the other is at it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running: List[Enters] = []
        self._unloading = False
        self.waiting = 0
        self.was_used = False
        self.returns: List[Callable[[], None]] = []
        """What has to be back on the GPU before a job."""

    @property
    def running(self) -> int:
        return len(self._running)

    def enter(self, entering: Enters) -> None:
        with self._changed:
            self.was_used = True
            self._changed.wait_for(lambda: not self._unloading)
            self._running.append(entering)
            # The allocator counts for the whole process: of jobs side by side no peak is one's own.
            if len(self._running) > 1:
                for one in self._running:
                    one.alone = False

    def before_run(self) -> None:
        for bring_back in self.returns:
            bring_back()

    def leave(self, leaving: Enters) -> None:
        with self._changed:
            if leaving in self._running:
                self._running.remove(leaving)
            self._changed.notify_all()

    def begin_unload(self) -> bool:
        with self._changed:
            if self._running or self._unloading:
                return False
            self._unloading = True
            return True

    def end_unload(self) -> None:
        with self._changed:
            self._unloading = False
            self._changed.notify_all()


GATE = Gate()
