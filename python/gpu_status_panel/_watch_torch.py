"""``watch_torch``: a job of which nothing is known beforehand, whose need is learned from the allocator."""

from __future__ import annotations

import os
import sys
from typing import Any, Callable, Optional

from ._call_signature import bound_call, call_signature
from ._declare import DeclaredJob
from ._report import JobSettings


def watch_torch(
    name: Optional[str] = None,
    *,
    model: Optional[str] = None,
    width: Optional[int] = None,
    height: Optional[int] = None,
    frames: Optional[int] = None,
    steps: Optional[int] = None,
    batch: Optional[int] = None,
    max_wait: Optional[float] = None,
    on_wait: Optional[Callable[[int, str], None]] = None,
    ttl: int = 20,
    url: Optional[str] = None,
    token: Optional[str] = None,
) -> DeclaredJob:
    """Declares a job of which you know no figure: a ``with`` block, or a decorator of any kind of function.

    ::

        @watch_torch()
        def generate(prompt, width=832, height=480, num_frames=81): ...

        with watch_torch("upscale", width=1024, height=1024): ...

    The first run of its kind has a GPU to itself, as far as jobs are declared; the peak that PyTorch's allocator
    reserves meanwhile (``torch.cuda.max_memory_reserved``) is told at its end, and the next of its kind waits for that.
    A kind is the function with the sizes it is called with; in a ``with`` block the script, the name and what is given.
    Without the sidecar it runs at once.
    """
    given = {"width": width, "height": height, "frames": frames, "steps": steps, "batch": batch}
    script = os.path.splitext(os.path.basename(sys.argv[0] or "python"))[0] or "python"
    folder = os.path.basename(os.path.dirname(os.path.abspath(sys.argv[0] or ".")))
    signature = {
        "host": "python",
        "kind": f"{folder}/{script}{f'.{name}' if name else ''}"[-200:],
        "models": [] if model is None else [model],
        **{key: value for key, value in given.items() if value is not None},
    }

    def of_call(fn: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        return {**call_signature("python", fn, bound_call(fn, args, kwargs)), **({} if model is None else {"models": [model]})}

    return DeclaredJob(
        JobSettings(None, name, None, {}, None, None, None, True, max_wait, on_wait, int(ttl), "raise", url, token, signature),
        of_call,
    )
