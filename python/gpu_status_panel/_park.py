"""Models that leave the GPU and come back."""

from __future__ import annotations

import threading
from typing import Any, Callable, Iterable, Iterator, List, Optional, Tuple

from ._base import log


DEEPEST = 3
"""A demo's pipeline holds its networks in attributes of attributes."""


class Parking:
    """Moves models to the CPU when their VRAM is asked for, and back before the next job."""

    def __init__(self, models: Callable[[], Iterable[Any]]) -> None:
        self._models = models
        self._lock = threading.Lock()
        self._parked: List[Tuple[Any, Any]] = []

    def unload(self) -> None:
        """What a release does. The caches are emptied after it."""
        with self._lock:
            for model in movable_in(self._models()):
                device = device_of_model(model)
                if device is None or str(device).startswith(("cpu", "meta")):
                    continue
                if moved(model, "cpu"):
                    self._parked.append((model, device))

    def bring_back(self) -> None:
        """Before a job: what was parked goes back to where it was. Raises what PyTorch raises where there is no room."""
        with self._lock:
            while self._parked:
                model, device = self._parked[-1]
                model.to(device)
                self._parked.pop()


def moved(model: Any, device: str) -> bool:
    try:
        model.to(device)
    except Exception as error:  # Quantized models and those that accelerate spreads out refuse.
        log.warning("gpu_status_panel: %s cannot be moved to the CPU and stays: %s", type(model).__name__, error)
        return False
    return True


def device_of_model(model: Any) -> Optional[Any]:
    """Where its weights lie; ``None``: it has none, or does not tell."""
    try:
        first = next(iter(model.parameters()), None)
        if first is not None:
            return first.device
    except (AttributeError, TypeError):
        pass
    return getattr(model, "device", None)


def movable_in(things: Any, depth: int = DEEPEST, seen: Optional[List[int]] = None) -> Iterator[Any]:
    """Models and pipelines among these things and in their attributes."""
    known: List[int] = [] if seen is None else seen
    for thing in things:
        if thing is None or id(thing) in known or isinstance(thing, (str, bytes, int, float, bool, type)):
            continue
        known.append(id(thing))
        if callable(getattr(thing, "to", None)) and device_of_model(thing) is not None and not hasattr(thing, "numel"):
            yield thing
        elif depth > 0:
            inner = thing.values() if isinstance(thing, dict) else thing if isinstance(thing, (list, tuple)) else vars(thing).values() if hasattr(thing, "__dict__") else ()
            yield from movable_in(list(inner), depth - 1, known)
