"""Each generation of Wan2GP is declared as a job; the sidecar is told by a thread, and nothing here delays or breaks one."""

from __future__ import annotations

import logging
import re
from typing import Any, Callable, Dict, List, Optional, Tuple

log = logging.getLogger("gpu_status_panel")
SIZE = re.compile(r"(\d{2,5})\s*x\s*(\d{2,5})")


def signature_of(given: Dict[str, Any], options: Dict[str, Any]) -> Optional[Dict[str, Any]]:
    """Of what a generation was asked for by name; ``None``: an edit of a finished film, which has no model. Nothing is guessed."""
    model = given.get("model_type")
    if not isinstance(model, str) or not model:
        return None
    size = SIZE.search(str(given.get("resolution") or ""))
    is_picture = bool(given.get("image_mode"))
    return {
        "host": "wan2gp",
        "kind": "image" if is_picture else "video",
        "models": [model[:200]],
        "width": int(size.group(1)) if size else None,
        "height": int(size.group(2)) if size else None,
        "frames": None if is_picture else whole(given.get("video_length")),
        "batch": whole(given.get("batch_size")),
        "steps": whole(given.get("num_inference_steps")),
        "options": options,
    }


def whole(value: Any) -> Optional[int]:
    return int(value) if isinstance(value, (int, float)) and not isinstance(value, bool) and 1 <= value <= 10_000 else None


class GenerationWatch:
    """Sees generations begin and end. Wan2GP catches what goes wrong in one, and says it by its own ``send_cmd``."""

    def __init__(self, panel: Any, options: Callable[[], Dict[str, Any]]) -> None:
        """``options``: of the settings of this Wan2GP those that change a peak."""
        self._panel = panel
        self._options = options
        self._jobs = panel.RunningJobs()
        self._under_way: List[object] = []
        self._mixed = False
        """Of generations that ran at the same time no peak is known."""

    def run(self, generate: Callable[..., Any], args: Tuple[Any, ...], named: Dict[str, Any]) -> Any:
        said: List[str] = []
        job = quietly(lambda: self._begin(named))
        error: Optional[BaseException] = None
        success: Any = None
        try:
            success = generate(*listening(args, said), **{**named, **listening_by_name(named, said)})
            return success
        except BaseException as caught:
            error = caught
            raise
        finally:
            if job is not None:
                quietly(lambda: self._end(job, error, said, success is False or is_aborted(named)))

    def _begin(self, named: Dict[str, Any]) -> Any:
        signature = signature_of(named, self._options())
        if signature is None:
            return None
        if self._under_way:
            self._mixed = True
        else:
            self._mixed = False
            self._panel.begin_peak()
        job = self._jobs.begin(lambda: {"signature": signature, "label": f"Wan2GP {signature['models'][0]}"[:120]})
        self._under_way.append(job)
        return job

    def _end(self, job: Any, error: Optional[BaseException], said: List[str], failed: bool) -> None:
        self._under_way.remove(job)
        _, reserved = (None, None) if self._mixed else self._panel.peaks()
        # It says "unsufficient VRAM" of what PyTorch said, and keeps the rest to itself; other errors may speak of VRAM too.
        out_of_memory = self._panel.is_out_of_vram(error) or any("sufficient VRAM" in one for one in said)
        job.end(failed=failed or error is not None or bool(said), out_of_memory=out_of_memory, peak_mib=reserved)


def listening(args: Tuple[Any, ...], said: List[str]) -> Tuple[Any, ...]:
    """``send_cmd`` is the second of those that are given by place."""
    return (args[0], heard(args[1], said), *args[2:]) if len(args) > 1 and callable(args[1]) else args


def listening_by_name(named: Dict[str, Any], said: List[str]) -> Dict[str, Any]:
    return {"send_cmd": heard(named["send_cmd"], said)} if callable(named.get("send_cmd")) else {}


def heard(send_cmd: Callable[..., Any], said: List[str]) -> Callable[..., Any]:
    def send(command: Any, *values: Any, **more: Any) -> Any:
        if command == "error":
            said.append(str(values[0]) if values else "")
        return send_cmd(command, *values, **more)

    return send


def is_aborted(named: Dict[str, Any]) -> bool:
    state = named.get("state")
    gen = state.get("gen") if isinstance(state, dict) else None
    return isinstance(gen, dict) and bool(gen.get("abort"))


def quietly(step: Callable[[], Any]) -> Any:
    try:
        return step()
    except Exception as error:
        log.debug("gpu_status_panel: %r", error)
        return None
