"""A prompt gives way: in its middle it lets another program have the card, and takes it back afterwards.

A node that calls a language model would wait for what waits for it, as long as ComfyUI's own models lie on the card. So
the models go, the job ends there, and the rest of the prompt asks for room like any other. Nobody waits longer than
``PATIENCE_S`` for that.
"""

from __future__ import annotations

import logging
import os
import time
from typing import Any, Callable, Dict, Optional

from .gate import LetIn
from .within import job_around

log = logging.getLogger("gpu_status_panel")
PATIENCE_S = 300.0
"""After so long a prompt goes on, whatever there is room for."""
BEAT_S = 1.0
LOOK_S = 0.25
ASK_S = 6.0

Tell = Callable[[str, Dict[str, Any]], None]
"""Tells the page what goes on: its kind, and what belongs to it."""


def unload_models() -> None:
    """As ``/free`` does: models leave the card, and what the allocator keeps goes back to the driver."""
    import gc

    import comfy.model_management as management

    management.unload_all_models()
    gc.collect()
    management.soft_empty_cache()


def stop_if_interrupted() -> None:
    import comfy.model_management as management

    management.throw_exception_if_processing_interrupted()


class Room:
    """Asks for room for the rest of a prompt."""

    def __init__(self, panel: Any, tell: Tell, stop_if: Callable[[], None] = stop_if_interrupted, patience_s: float = PATIENCE_S) -> None:
        self._panel = panel
        self._tell = tell
        self._stop_if = stop_if
        self._patience_s = patience_s

    def wait_for(self, body: Dict[str, Any]) -> Optional[LetIn]:
        """As what it was let in; ``None``: it goes on without a yes. Raises where it was interrupted."""
        # What `run` has reserved is its room still.
        if job_around(self._panel) is not None:
            return None
        job_id: Optional[str] = None
        may_go = False
        try:
            process = {"pid": os.getpid()} if self._panel.Sidecar().is_local else {}
            asked = {**process, **body, "wait": True, "requestId": os.urandom(16).hex()}
            answer = self._call("POST", "api/v1/jobs", asked)
            if answer is None:
                return LetIn(None, asked)
            if answer.status not in (200, 201, 202) or not isinstance(answer.body.get("id"), str):
                return None
            job_id = str(answer.body["id"])
            may_go = answer.body.get("state") == "running"
            if not may_go:
                self._tell("waits", {})
                may_go = self._wait(job_id)
            return LetIn(job_id, None) if may_go else None
        finally:
            if job_id is not None and not may_go:
                self._call("DELETE", f"api/v1/jobs/{job_id}", {"outcome": "failed"})

    def _wait(self, job_id: str) -> bool:
        """Whether there was room in time."""
        asked_at = beat_at = time.monotonic()
        while True:
            self._stop_if()
            now = time.monotonic()
            if now - asked_at >= self._patience_s:
                log.warning("gpu_status_panel: no room for %d s: the prompt takes the card back without it", round(now - asked_at))
                self._tell("late", {"seconds": round(now - asked_at)})
                return False
            if now - beat_at >= BEAT_S:
                beat_at = now
                answer = self._call("PATCH", f"api/v1/jobs/{job_id}", {})
                if answer is None or answer.status != 200:
                    return False
                if answer.body.get("state") != "waiting":
                    return bool(answer.body.get("state") == "running")
            time.sleep(LOOK_S)

    def _call(self, method: str, path: str, body: Dict[str, Any]) -> Any:
        try:
            return self._panel.Sidecar().call(method, path, body, ASK_S)
        except self._panel.Unreachable as error:
            log.debug("gpu_status_panel: the card is taken back without the sidecar: %r", error)
            return None
