"""Every prompt that really runs is declared as a job: its phases are its nodes, its end tells the peak.

Nothing here may delay a prompt or break one: the sidecar is told by a thread, and what fails is logged for developers.
"""

from __future__ import annotations

import functools
import logging
import sys
import threading
import time
from typing import AbstractSet, Any, Callable, Dict, Iterable, List, Optional, Sequence, Tuple

from .cached import cached_in
from .gate import LetIn
from .nodes import GIVE_WAY, TAKE_BACK

log = logging.getLogger("gpu_status_panel")
MIB = 1024 * 1024
SAMPLES_APART_S = 0.5

Describe = Callable[[Dict[str, Any], Optional[Sequence[str]]], Optional[Dict[str, Any]]]
"""What is told of a prompt and of the outputs that were asked for; ``None``: it needs no GPU."""
IsPartial = Callable[[Dict[str, Any], AbstractSet[str], Optional[Sequence[str]]], bool]
"""Of a prompt, the nodes whose results were known, and its outputs: whether less than all of it was computed."""


class Peak:
    """The most VRAM that this process took during a prompt.

    ComfyUI's DynamicVRAM keeps weights outside PyTorch's allocator, as much as there is room for: they belong to the peak,
    and give way where others need room, so that they are no part of the least.
    """

    def __init__(self, panel: Any) -> None:
        self._panel = panel
        self._most_mib = 0
        self._over = threading.Event()
        self._gives_way = dynamic_mib() is not None
        panel.begin_peak()
        if self._gives_way:
            threading.Thread(target=self._follow, name="gpu-status-panel-peak", daemon=True).start()

    def _follow(self) -> None:
        while not self._over.wait(SAMPLES_APART_S):
            self.sample()

    def sample(self) -> None:
        """Both change together, so that they are added as they are at one moment."""
        weights = dynamic_mib()
        held = self._panel.allocator_figures() if weights else None
        if weights and held and held["reserved_mib"] is not None:
            self._most_mib = max(self._most_mib, weights + held["reserved_mib"])

    def end(self) -> Tuple[Optional[int], Optional[int]]:
        """Peak, and what of it could not give way; ``None``: no framework tells."""
        self._over.set()
        self.sample()
        _, reserved = self._panel.peaks()
        if reserved is None:
            return None, None
        return max(reserved, self._most_mib), reserved if self._gives_way else None


def dynamic_mib() -> Optional[int]:
    """What DynamicVRAM holds now; ``None``: it is not in use."""
    control = sys.modules.get("comfy_aimdo.control")
    memory = sys.modules.get("comfy.memory_management")
    if control is None or not getattr(memory, "aimdo_enabled", False):
        return None
    try:
        held: int = control.get_total_vram_usage()
        return round(held / MIB)
    except Exception as error:
        log.debug("gpu_status_panel: DynamicVRAM does not tell: %r", error)
        return None


class Away:
    """How a prompt lets others have the card, and takes it back."""

    def unload(self) -> None:
        """What it holds leaves the card."""

    def room(self, body: Dict[str, Any]) -> Optional[LetIn]:
        """Waits for room for its rest: as what it was let in, if it was."""
        return None

    def needs_card(self, graph: Dict[str, Any], node_id: str) -> bool:
        """Whether a node would compute on the card."""
        return False


class Stretch:
    """What a prompt has shown before it gave way."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.peak_mib: Optional[int] = None
        self.least_mib: Optional[int] = None
        self.is_measured = True

    def add(self, seconds: float, peak_mib: Optional[int], least_mib: Optional[int]) -> None:
        self.seconds += seconds
        self.is_measured = self.is_measured and peak_mib is not None
        self.peak_mib, self.least_mib = most(self.peak_mib, peak_mib), most(self.least_mib, least_mib)


def most(one: Optional[int], other: Optional[int]) -> Optional[int]:
    return other if one is None else one if other is None else max(one, other)


class Prompt:
    """A prompt under way."""

    def __init__(self, graph: Dict[str, Any], outputs: Optional[Sequence[str]], let_in: Optional[LetIn]) -> None:
        self.graph = graph
        self.outputs = outputs
        self.let_in = let_in
        """As what the gate let it in."""
        self.job: Any = None
        self.peak: Optional[Peak] = None
        self.began_at = 0.0
        self.before: Optional[Stretch] = None
        """Once it has given way."""
        self.is_away = False
        self.phases: Dict[str, str] = {}
        self.of_kind: Dict[str, int] = {}


class PromptWatch:
    """Sees prompts begin, run their nodes and end."""

    def __init__(
        self,
        panel: Any,
        jobs: Any,
        describe: Describe,
        admitted: Callable[[str], Optional[LetIn]] = lambda prompt_id: None,
        is_partial: IsPartial = lambda prompt, cached, outputs: False,
        away: Optional[Away] = None,
    ) -> None:
        self._panel = panel
        self._jobs = jobs
        self._describe = describe
        self._admitted = admitted
        self._is_partial = is_partial
        self._away = Away() if away is None else away
        self._now: Dict[str, Prompt] = {}

    def enter(self, prompt_id: str, graph: Dict[str, Any], outputs: Optional[Sequence[str]] = None) -> None:
        self._now[prompt_id] = Prompt(graph, outputs, self._admitted(prompt_id))

    def node(self, prompt_id: str, node_id: str, node: Any) -> None:
        """A node runs, none of those whose results ComfyUI still has."""
        now = self._now.get(prompt_id)
        if now is None:
            return
        kind = kind_of(now, node_id)
        if now.is_away and (kind == TAKE_BACK or self._away.needs_card(now.graph, node_id)):
            self._take_back(now)
        if now.is_away:
            return
        if now.job is None:
            self._begin(now, now.let_in)
        elif now.peak is not None:
            now.peak.sample()
        now.job.phase(phase_of(now, node_id, node))
        # Its own result may be known from before: then the node behind it gives way.
        if kind == GIVE_WAY or any(kind_of(now, one) == GIVE_WAY for one in sources_of(now, node_id)):
            self.give_way(prompt_id)

    def _begin(self, now: Prompt, let_in: Optional[LetIn]) -> None:
        now.peak, now.began_at = Peak(self._panel), time.monotonic()
        now.job = self._jobs.begin(lambda: self._describe(now.graph, now.outputs), *(let_in or ()))

    def give_way(self, prompt_id: str) -> None:
        """Others may have the card from here on. Its job ends, and no half of it is learned as a whole one."""
        now = self._now.get(prompt_id)
        if now is None or now.is_away or now.job is None or now.peak is None:
            return
        now.is_away = True
        peak, least = None, None
        try:
            peak, least = now.peak.end()
            self._away.unload()
        finally:
            now.before = now.before or Stretch()
            now.before.add(time.monotonic() - now.began_at, peak, least)
            now.job.end(peak_mib=peak, least_mib=least, gave_way=True)

    def take_back(self, prompt_id: str) -> None:
        """The rest of the prompt asks for room, and goes on with or without it."""
        now = self._now.get(prompt_id)
        if now is not None and now.is_away:
            self._take_back(now)

    def _take_back(self, now: Prompt) -> None:
        let_in = None
        try:
            body = self._describe(now.graph, now.outputs)
            let_in = None if body is None else self._away.room(body)
        except Exception as error:  # Nothing of ours holds a prompt.
            log.debug("gpu_status_panel: the card is taken back without asking: %r", error)
        now.is_away = False
        self._begin(now, let_in)

    def leave(self, prompt_id: str, messages: Iterable[Any]) -> None:
        now = self._now.pop(prompt_id, None)
        if now is not None and now.is_away:
            # It ended before it asked for the card again.
            return
        if now is not None and now.job is None and now.let_in is not None:
            # It was let in, and all of it was known already.
            self._jobs.begin(lambda: None, *now.let_in).end(failed=True)
        if now is None or now.job is None or now.peak is None:
            return
        peak, least = None, None
        try:
            peak, least = now.peak.end()
        except Exception as error:  # It has ended, measured or not.
            log.debug("gpu_status_panel: the peak is not known: %r", error)
        failed, out_of_memory = outcome_of(messages)
        # Where nobody can tell, it only raises what is known.
        partial = True
        try:
            partial = self._is_partial(now.graph, cached_in(messages), now.outputs)
        except Exception as error:
            log.debug("gpu_status_panel: what was known already is not known: %r", error)
        ran_s = None
        if now.before is not None:
            now.before.add(time.monotonic() - now.began_at, peak, least)
            peak, least, ran_s = now.before.peak_mib, now.before.least_mib, now.before.seconds
            partial = partial or not now.before.is_measured
        now.job.end(failed=failed, out_of_memory=out_of_memory, peak_mib=peak, least_mib=least, partial=partial, ran_s=ran_s)


def kind_of(now: Prompt, node_id: str) -> str:
    return str(now.graph.get(node_id, {}).get("class_type", ""))


def sources_of(now: Prompt, node_id: str) -> List[str]:
    """The nodes whose results it is given."""
    given = now.graph.get(node_id, {}).get("inputs")
    links = given.values() if isinstance(given, dict) else ()
    return [str(one[0]) for one in links if isinstance(one, list) and len(one) == 2]


def phase_of(now: Prompt, node_id: str, node: Any) -> str:
    """The node's kind; of several of a kind the later ones are numbered, as the two samplers of a two-model job."""
    if node_id not in now.phases:
        told = str(now.graph.get(node_id, {}).get("class_type") or getattr(node, "__name__", type(node).__name__))
        now.of_kind[told] = number = now.of_kind.get(told, 0) + 1
        now.phases[node_id] = told if number == 1 else f"{told} {number}"
    return now.phases[node_id]


def outcome_of(messages: Iterable[Any]) -> Tuple[bool, bool]:
    """Whether the prompt failed or was stopped, and whether it ran out of memory, by what ComfyUI says of it."""
    said: Dict[str, Dict[str, Any]] = {event: data for event, data in messages}
    if "execution_success" in said:
        return False, False
    kind = str(said.get("execution_error", {}).get("exception_type", ""))
    text = str(said.get("execution_error", {}).get("exception_message", "")).lower()
    out_of_memory = kind.endswith("OutOfMemoryError") or "cuda out of memory" in text or "allocation on device" in text
    return True, out_of_memory


def install(execution: Any, watch: PromptWatch) -> None:
    """Wraps what ComfyUI runs each prompt and each node with."""
    execute_async, get_output_data = execution.PromptExecutor.execute_async, execution.get_output_data

    @functools.wraps(execute_async)
    async def watched(self: Any, prompt: Any, prompt_id: Any, *rest: Any, **named: Any) -> Any:
        # Of a part of the workflow the peak is no peak of all of it.
        outputs = named.get("execute_outputs", rest[1] if len(rest) > 1 else None)
        quietly(watch.enter, prompt_id, prompt, outputs or None)
        try:
            return await execute_async(self, prompt, prompt_id, *rest, **named)
        finally:
            quietly(watch.leave, prompt_id, getattr(self, "status_messages", ()))

    @functools.wraps(get_output_data)
    async def watched_node(prompt_id: Any, node_id: Any, node: Any, *rest: Any, **named: Any) -> Any:
        quietly(watch.node, prompt_id, node_id, node)
        return await get_output_data(prompt_id, node_id, node, *rest, **named)

    execution.PromptExecutor.execute_async = watched
    execution.get_output_data = watched_node


def quietly(step: Callable[..., Any], *values: Any) -> None:
    try:
        step(*values)
    except Exception as error:
        log.debug("gpu_status_panel: %r", error)
