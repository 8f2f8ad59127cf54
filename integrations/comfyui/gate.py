"""The queue waits for room, where its user wants that. Off by default.

It stands where ComfyUI's worker takes the next prompt, and asks without ComfyUI's lock: pages, cancelling and ``/free`` go on
as ever. A sidecar that is away, or that can never let the prompt in, holds nothing back.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import os
import time
from typing import AbstractSet, Any, Callable, Dict, NamedTuple, Optional, Sequence

from .within import job_around

log = logging.getLogger("gpu_status_panel")
LOOK_S = 0.5
BEAT_S = 1.0
AWAY_S = 30.0
"""A sidecar that did not answer holds no prompt up for so long."""
ASK_S = 6.0
SALT = os.urandom(8).hex()

Describe = Callable[[Dict[str, Any], Optional[Sequence[str]]], Optional[Dict[str, Any]]]


class LetIn(NamedTuple):
    """A prompt that goes."""

    job_id: Optional[str]
    """The job as which it was let in."""
    unanswered: Optional[Dict[str, Any]]
    """What was asked for it where no answer came: the sidecar may have heard that."""


class Asked:
    """A prompt for which room was asked."""

    def __init__(self, job_id: Optional[str], may_go: bool, unanswered: Optional[Dict[str, Any]] = None) -> None:
        self.job_id = job_id
        self.may_go = may_go
        self.unanswered = unanswered
        self.beat_at = time.monotonic()


class Gate:
    """Off unless it is switched on, in ComfyUI's settings or by ``GPU_PANEL_COMFYUI_GATE=1``."""

    def __init__(self) -> None:
        self.is_forced = os.environ.get("GPU_PANEL_COMFYUI_GATE") == "1"
        """Pages tell their setting when they load: it does not switch off what the machine's owner has switched on."""
        self.is_on = self.is_forced
        self._panel: Any = None
        self._describe: Describe = lambda prompt, outputs: None
        self._asked: Dict[str, Asked] = {}
        self._let_in: Dict[str, LetIn] = {}
        self._away_until = 0.0
        self._queued: Dict[str, float] = {}
        """Since when each prompt stands in ComfyUI's queue, which asks for room only when it is its turn."""

    def set(self, on: bool) -> None:
        self.is_on = on or self.is_forced

    def take(self, prompt_id: str) -> Optional[LetIn]:
        """As what a prompt was let in; ``None``: nobody asked for it."""
        return self._let_in.pop(prompt_id, None)

    def install(self, execution: Any, panel: Any, describe: Describe) -> None:
        self._panel, self._describe = panel, describe
        get, put = execution.PromptQueue.get, execution.PromptQueue.put

        @functools.wraps(put)
        def noted(queue: Any, item: Any) -> Any:
            answer = put(queue, item)
            self._queued[item[1]] = time.monotonic()
            return answer

        @functools.wraps(get)
        def gated(queue: Any, timeout: Optional[float] = None) -> Any:
            # Also while it is off: whoever waits in there would take the first prompt after it is switched on.
            return self._get(queue, timeout, get)

        execution.PromptQueue.put, execution.PromptQueue.get = noted, gated

    def _get(self, queue: Any, timeout: Optional[float], get: Callable[..., Any]) -> Any:
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            with queue.not_empty:
                head = queue.queue[0] if queue.queue else None
                # What is to be forgotten is told without the lock: ComfyUI's server takes it too.
                if head is None and not self._asked:
                    left = None if until is None else until - time.monotonic()
                    if left is not None and left <= 0:
                        return None
                    queue.not_empty.wait(left)
                    if not queue.queue and (until is not None or queue.flags):
                        return None
                    continue
                # "Free memory" is done by the worker, between two prompts.
                if head is not None and self.is_on and (queue.flags or (until is not None and time.monotonic() > until)):
                    return None
            # Only the next one has asked: one that others have overtaken asks again when its turn comes.
            self._forget({head[1]} if head is not None and self.is_on else set())
            if head is None:
                continue
            may_go = not self.is_on or self._may_go(head[1], head[2], head[4], asker_of(head[3]))
            with queue.not_empty:
                if may_go and queue.queue and queue.queue[0][1] == head[1]:
                    self._let(head[1])
                    self._forget_queued({one[1] for one in queue.queue if one is not head})
                    return get(queue, timeout)
                if not may_go:
                    queue.not_empty.wait(LOOK_S)

    def _let(self, prompt_id: str) -> None:
        asked = self._asked.pop(prompt_id, None)
        if asked is not None and (asked.job_id or asked.unanswered):
            self._let_in = {prompt_id: LetIn(asked.job_id, asked.unanswered)}

    def _forget_queued(self, left: AbstractSet[str]) -> None:
        for prompt_id in [one for one in list(self._queued) if one not in left]:
            self._queued.pop(prompt_id, None)

    def _forget(self, kept: AbstractSet[str]) -> None:
        """Prompts that were cancelled or overtaken while they waited."""
        for prompt_id in [one for one in self._asked if one not in kept]:
            asked = self._asked.pop(prompt_id)
            if asked.job_id is None:
                continue
            try:
                self._call("DELETE", f"api/v1/jobs/{asked.job_id}", {"outcome": "failed"})
            except Exception as error:  # ComfyUI's only worker is here.
                log.debug("gpu_status_panel: the gate: %r", error)

    def _may_go(self, prompt_id: str, prompt: Dict[str, Any], outputs: Sequence[str], asker: Dict[str, str]) -> bool:
        try:
            asked = self._asked.get(prompt_id)
            if asked is None:
                asked = self._asked[prompt_id] = self._ask(prompt, outputs, {**asker, **self._waited(prompt_id)})
            elif not asked.may_go and time.monotonic() - asked.beat_at >= BEAT_S:
                asked.beat_at = time.monotonic()
                # A sign of life, whose answer says whether it may start.
                answer = self._call("PATCH", f"api/v1/jobs/{asked.job_id}", {})
                if answer is not None and answer.status == 404:
                    # The sidecar has begun anew, or the machine has slept: it asks again.
                    del self._asked[prompt_id]
                    return False
                asked.may_go = answer is None or answer.status != 200 or answer.body.get("state") != "waiting"
                if answer is None or answer.status != 200:
                    asked.job_id = None
            return asked.may_go
        except Exception as error:  # Nothing of ours holds a prompt.
            log.debug("gpu_status_panel: the gate: %r", error)
            return True

    def _waited(self, prompt_id: str) -> Dict[str, float]:
        """It stands in line as if it had asked when it was queued: other hosts' jobs did so."""
        since = self._queued.get(prompt_id)
        return {} if since is None else {"waitedSeconds": round(min(time.monotonic() - since, 86_400), 3)}

    def _ask(self, prompt: Dict[str, Any], outputs: Sequence[str], more: Dict[str, Any]) -> Asked:
        body = None if time.monotonic() < self._away_until else self._describe(prompt, outputs)
        # What `run` has reserved is its room: beside itself it would wait for its own end.
        if body is None or job_around(self._panel) is not None:
            return Asked(None, True)
        # On another machine the number is somebody else's.
        process = {"pid": os.getpid()} if self._panel.Sidecar().is_local else {}
        asked = {**process, **body, **more, "wait": True, "requestId": os.urandom(16).hex()}
        answer = self._call("POST", "api/v1/jobs", asked)
        if answer is not None and answer.status == 400 and asked.pop("waitedSeconds", None) is not None:
            # A sidecar of before does not know that, and takes nothing that it does not know.
            answer = self._call("POST", "api/v1/jobs", asked)
        if answer is None:
            return Asked(None, True, asked)
        job_id = answer.body.get("id")
        if answer.status not in (200, 201, 202) or not isinstance(job_id, str):
            return Asked(None, True)
        return Asked(job_id, answer.body.get("state") != "waiting")

    def _call(self, method: str, path: str, body: Dict[str, Any]) -> Any:
        try:
            return self._panel.Sidecar().call(method, path, body, ASK_S)
        except self._panel.Unreachable:
            self._away_until = time.monotonic() + AWAY_S
            return None


def asker_of(extra: Any) -> Dict[str, str]:
    """Whose page queued a prompt: its people take turns with others one by one, not as if ComfyUI were one person."""
    client = extra.get("client_id") if isinstance(extra, dict) else None
    if not isinstance(client, str) or not client:
        return {}
    return {"asker": f"visitor {hashlib.sha256(f'{SALT}{client}'.encode()).hexdigest()[:8]}"}
