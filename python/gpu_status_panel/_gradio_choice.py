"""Which functions of a demo use the GPU."""

from __future__ import annotations

from typing import Any, Callable, Optional, Sequence, Set, Union

from ._base import warn_once
from ._declare import DECLARES


Functions = Optional[Sequence[Union[str, Callable[..., Any]]]]
MEDIA_OUTPUTS = {"Video", "Image", "Gallery", "Audio", "Model3D", "ImageSlider"}
TRIGGERS = {"click", "submit"}
ROSE_MIB = 64
"""By so much a function's peak must have risen, to be one that uses the GPU."""


class Choice:
    """Named by the user; else those that make media when somebody presses a button; else learned from what they took."""

    def __init__(self, demo: Any, functions: Functions) -> None:
        self._functions = functions
        self._learned: Set[Any] = set()
        self._declaring: Set[Any] = set()
        names = [one for one in functions or () if isinstance(one, str)]
        known = {name for block_fn in functions_of(demo) for name in names_of(block_fn)}
        for name in names:
            if name not in known:
                warn_once(f"function-{name}", "this demo has no function %r to watch; it has %s", name, ", ".join(sorted(known)) or "none")

    def is_chosen(self, block_fn: Any) -> bool:
        """Whether a call of it is a job. One that declares its job by itself is not declared twice."""
        fn = block_fn.fn
        if declares(fn) or key_of(fn) in self._declaring:
            return False
        if self._functions is not None:
            return any(fn is one or key_of(fn) is key_of(one) or one in names_of(block_fn) for one in self._functions)
        return key_of(fn) in self._learned or makes_media(block_fn)

    def is_observed(self, block_fn: Any) -> bool:
        return self._functions is None and not declares(block_fn.fn) and key_of(block_fn.fn) not in self._declaring

    def learn(self, fn: Any, rose_mib: int) -> None:
        if rose_mib >= ROSE_MIB:
            self._learned.add(key_of(fn))

    def declares_itself(self, fn: Any) -> None:
        self._declaring.add(key_of(fn))


def functions_of(demo: Any) -> Sequence[Any]:
    found = getattr(demo, "fns", None) or {}
    return list(found.values()) if isinstance(found, dict) else list(found)


def names_of(block_fn: Any) -> Set[str]:
    names = (getattr(block_fn.fn, "__name__", None), getattr(block_fn, "api_name", None))
    return {name for name in names if isinstance(name, str)}


def makes_media(block_fn: Any) -> bool:
    outputs = {kind.__name__ for one in getattr(block_fn, "outputs", None) or () for kind in type(one).__mro__}
    triggers = {target[1] for target in getattr(block_fn, "targets", None) or () if len(target) > 1}
    return bool(outputs & MEDIA_OUTPUTS) and bool(triggers & TRIGGERS)


def key_of(fn: Any) -> Any:
    """What stays the same of a bound method, which is made anew at each look."""
    return getattr(fn, "__func__", fn)


def declares(fn: Any) -> bool:
    while fn is not None:
        if getattr(fn, DECLARES, False):
            return True
        fn = getattr(fn, "__wrapped__", None) or getattr(fn, "func", None)
    return False
