"""What Gradio hands to ``Blocks.call_function``, in all its versions, and what it is told meanwhile."""

from __future__ import annotations

import os
import sys
from typing import Any, Dict, List, Mapping, Optional, Tuple

from ._base import log
from ._call_signature import Call, parameter_names


PROCESS_SALT = os.urandom(8).hex()
PLACES = {"processed_input": 1, "iterator": 2, "requests": 3, "event_id": 4}


def argument(name: str, args: Tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """Of ``call_function(block_fn, processed_input, iterator, requests, event_id, …)``."""
    place = PLACES[name]
    return kwargs.get(name, args[place] if len(args) > place else None)


def is_probe() -> bool:
    """Whether ``gr.cache`` only looks up what it knows."""
    probing = getattr(sys.modules.get("gradio.caching"), "_probe_mode_active", None)
    return bool(probing is not None and probing.get())


def event_of(demo: Any, event_id: Optional[str]) -> Any:
    """The event of the queue by which a function was called; ``None`` without the queue."""
    if event_id is None:
        return None
    return next((event for event in active_events(demo) if getattr(event, "_id", None) == event_id), None)


def active_events(demo: Any) -> List[Any]:
    jobs = getattr(getattr(demo, "_queue", None), "active_jobs", None) or []
    return [event for events in list(jobs) if events is not None for event in events]


def show_progress(demo: Any, event_id: Optional[str], text: Optional[str]) -> None:
    """Shows a text where the progress of a function is shown; ``None`` takes it away."""
    if event_id is None:
        return
    try:
        tracked: Any = sys.modules["gradio.helpers"]
        told = [] if text is None else [tracked.TrackedIterable(None, None, None, text, None, None, 0.0)]
        demo._queue.set_progress(event_id, told)
    except Exception as error:
        log.debug("gpu_status_panel: Gradio shows no progress: %r", error)


def error_in_words(text: str) -> Exception:
    """What a visitor reads as it stands, and no stack in the log."""
    gradio: Any = sys.modules["gradio"]
    try:
        made: Exception = gradio.Error(text, print_exception=False)
    except TypeError:
        made = gradio.Error(text)
    return made


def first_request(requests: Any) -> Any:
    return requests[0] if isinstance(requests, list) and requests else requests


def speaks_chinese(request: Any) -> bool:
    """Whether a visitor's browser prefers Chinese."""
    try:
        return str(request.headers.get("accept-language", "")).lower().startswith("zh")
    except Exception:
        return False


def asker_of(request: Any) -> Optional[str]:
    """One visitor, so that he takes turns with the others. A session's own name would let others act in it."""
    import hashlib

    who = getattr(request, "username", None) or getattr(request, "session_hash", None)
    return None if who is None else f"visitor {hashlib.sha256(f'{PROCESS_SALT}{who}'.encode()).hexdigest()[:8]}"


def call_of(block_fn: Any, values: Any) -> Call:
    """Names, labels and values of a call's parameters."""
    inputs = list(getattr(block_fn, "inputs", None) or [])
    given = list(values) if isinstance(values, (list, tuple)) else []
    if getattr(block_fn, "batch", False) or getattr(block_fn, "inputs_as_dict", False):
        given = []
    names = parameter_names(block_fn.fn)
    labels = [str(getattr(one, "label", None) or "") for one in inputs]
    return [(names[i] if i < len(names) else "", labels[i] if i < len(labels) else "", value) for i, value in enumerate(given[: len(inputs)])]


def waiting_words(told: Dict[str, Any], chinese: bool) -> str:
    """Place and cause, as a visitor reads them while he waits."""
    place, reason = told.get("position"), told.get("reason")
    params = reason.get("params") if isinstance(reason, dict) else None
    missing = params.get("missing") if isinstance(params, dict) else None
    code = reason.get("code") if isinstance(reason, dict) else None
    lacks = f"{missing / 1024:.1f} GiB" if isinstance(missing, (int, float)) else None
    if chinese:
        cause = f"还差 {lacks}" if lacks else "所需显存尚不清楚，需要单独开始" if code == "starts-alone" else ""
        return f"正在等待显存，第 {place or 1} 位" + (f"：{cause}" if cause else "")
    cause = f"{lacks} are missing" if lacks else "it starts alone, as its need is not known yet" if code == "starts-alone" else ""
    return f"Waiting for VRAM, place {place or 1}" + (f": {cause}" if cause else "")


def crowded_words(count: int, chinese: bool) -> str:
    if chinese:
        return f"已有 {count} 个任务在等待显存，请稍后再试。"
    return f"{count} jobs wait for VRAM already. Please try again in a while."


def refused_words(message: str, chinese: bool) -> str:
    return f"显存不足，任务无法运行：{message}" if chinese else f"There is not enough VRAM for this: {message}"
