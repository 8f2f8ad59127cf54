"""A prompt in ComfyUI's API form: which of its nodes run, and what their inputs come to. Nothing is guessed."""

from __future__ import annotations

import math
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Set, Tuple, Union

from .expressions import calculate, number
from .texts import LONGEST, TEXTS

MOST_LINKS = 60
"""That are followed one behind the other; no workflow has more."""


class NodeInfo(NamedTuple):
    """What ComfyUI tells of a kind of node."""

    outputs: Sequence[str]
    """Types."""
    names: Sequence[str]
    is_output: bool = False
    is_api: bool = False
    """It runs on somebody else's machine."""
    is_custom: bool = False


class Unknown(NamedTuple):
    """Why something is not known."""

    why: str
    """``node``: what this node gives is not known; ``file``: nor this file; ``absent``: there is no such node here; ``video``,
    ``missing``, ``circle``, ``none``."""
    what: str = ""
    """Kind of the node, or the name of the file."""


Value = Union[int, float, str, bool, None, List[Any], Unknown]
Infos = Callable[[str], Optional[NodeInfo]]


class Graph:
    """The nodes, and the values of their inputs."""

    def __init__(self, prompt: Dict[str, Any], info_of: Infos, outputs: Optional[Sequence[str]] = None) -> None:
        # The frontend leaves nodes without a kind behind, of what it does not know.
        self.nodes = {key: node for key, node in prompt.items() if isinstance(node, dict) and isinstance(node.get("class_type"), str)}
        self.has_absent = len(self.nodes) < len(prompt)
        self._info_of = info_of
        self._known: Dict[Tuple[str, int], Value] = {}
        self._under_way: Set[Tuple[str, int]] = set()
        self._outputs = outputs
        self._live: Optional[List[str]] = None
        self.side_of_picture: Callable[[str, int], Value] = lambda node_id, slot: Unknown("node", self.kind(node_id))
        """For ``GetImageSize``: width, height or number of what is linked to it."""

    @property
    def live(self) -> List[str]:
        """Those that run, upwards from the outputs."""
        if self._live is None:
            self._live = self._find_live(self._outputs)
        return self._live

    def kind(self, node_id: str) -> str:
        return str(self.nodes[node_id]["class_type"])

    def info(self, node_id: str) -> NodeInfo:
        return self._info_of(self.kind(node_id)) or NodeInfo((), ())

    def inputs(self, node_id: str) -> Dict[str, Any]:
        given = self.nodes[node_id].get("inputs")
        return given if isinstance(given, dict) else {}

    def links(self, node_id: str) -> Dict[str, Tuple[str, int]]:
        """Of a switch only the side that is chosen."""
        found = {name: link for name, given in self.inputs(node_id).items() for link in [self.link(given)] if link is not None}
        if self.kind(node_id) in SWITCHES:
            chosen = self.value(node_id, "switch")
            if not isinstance(chosen, Unknown):
                found.pop("on_false" if chosen else "on_true", None)
        return found

    def link(self, given: Any) -> Optional[Tuple[str, int]]:
        is_link = isinstance(given, list) and len(given) == 2 and isinstance(given[0], (str, int)) and isinstance(given[1], int) and given[1] >= 0 and str(given[0]) in self.nodes
        return (str(given[0]), given[1]) if is_link else None

    def _find_live(self, outputs: Optional[Sequence[str]]) -> List[str]:
        ends = [key for key in self.nodes if self.info(key).is_output] if outputs is None else [key for key in outputs if key in self.nodes]
        seen: Set[str] = set()
        ahead = list(ends)
        while ahead:
            node_id = ahead.pop()
            if node_id not in seen:
                seen.add(node_id)
                ahead += [source for source, _ in self.links(node_id).values()]
        return [key for key in self.nodes if key in seen and not self.info(key).is_api]

    # Values

    def value(self, node_id: str, name: str) -> Value:
        """What an input comes to."""
        inputs = self.inputs(node_id)
        if name not in inputs:
            return Unknown("missing", name)
        return self.resolve(inputs[name])

    def resolve(self, given: Any) -> Value:
        link = self.link(given)
        if link is None:
            # A list that is no link is wrapped, so that it is not taken for one.
            wrapped = given.get("__value__") if isinstance(given, dict) and "__value__" in given else given
            return wrapped if isinstance(wrapped, (int, float, str, bool, list)) or wrapped is None else Unknown("none")
        if link in self._known:
            return self._known[link]
        if link in self._under_way or len(self._under_way) > MOST_LINKS:
            return Unknown("circle", self.kind(link[0]))
        self._under_way.add(link)
        try:
            value = self._known[link] = self._output(*link)
            return value
        finally:
            self._under_way.discard(link)

    def _output(self, node_id: str, slot: int) -> Value:
        kind, inputs = self.kind(node_id), self.inputs(node_id)
        if kind.startswith("Primitive") or kind in CONSTANTS:
            named = next((one for one in ("value", "int", "float", "Value", "Number") if one in inputs), None)
            return Unknown("node", kind) if named is None else self.value(node_id, named)
        if kind in SWITCHES:
            chosen = self.value(node_id, "switch")
            return chosen if isinstance(chosen, Unknown) else self.value(node_id, "on_true" if chosen else "on_false")
        if kind in LOGIC:
            return self._logic(node_id, kind)
        if kind in TEXTS:
            return self._text(node_id, kind)
        if kind == "ComfyMathExpression":
            return self._math(node_id, slot)
        if kind == "ComfyNumberConvert":
            return as_number(self.value(node_id, "value"), slot)
        if kind == "GetImageSize":
            return self.side_of_picture(node_id, slot)
        if kind == "ResolutionSelector":
            return self._resolution(node_id, slot)
        if kind == "CustomCombo":
            return self.value(node_id, "choice" if slot == 0 else "index")
        if kind == "Reroute" and len(inputs) == 1:
            return self.resolve(next(iter(inputs.values())))
        names = self.info(node_id).names
        name = str(names[slot]).lower() if slot < len(names) else ""
        return self.value(node_id, name) if name in inputs else Unknown("node", kind)

    def _many(self, node_id: str, prefix: str) -> Union[Dict[str, Value], Unknown]:
        """Inputs that grow, as ``values.a``, ``values.b``."""
        found = {name[len(prefix) :]: self.value(node_id, name) for name in self.inputs(node_id) if name.startswith(prefix)}
        return next((one for one in found.values() if isinstance(one, Unknown)), found)

    def _logic(self, node_id: str, kind: str) -> Value:
        if kind == "ComfyNotNode":
            value = self.value(node_id, "value")
            return value if isinstance(value, Unknown) else not value
        found = self._many(node_id, "values.")
        return found if isinstance(found, Unknown) else (all if kind == "ComfyAndNode" else any)(found.values())

    def _text(self, node_id: str, kind: str) -> Value:
        names, make = TEXTS[kind]
        given = [self.value(node_id, name) for name in names]
        unknown = next((one for one in given if isinstance(one, Unknown)), None)
        if unknown is not None:
            return unknown
        try:
            return make(*given) if all(isinstance(one, str) and len(one) <= LONGEST for one in given) else Unknown("node", kind)
        except ValueError:
            return Unknown("node", kind)

    def _math(self, node_id: str, slot: int) -> Value:
        found = self._many(node_id, "values.")
        expression = self.value(node_id, "expression")
        if isinstance(found, Unknown):
            return found
        # Of a text or a list "times" would make a larger one, without end.
        if not isinstance(expression, str) or not all(isinstance(one, (int, float)) for one in found.values()):
            return Unknown("node", "ComfyMathExpression")
        try:
            result = number(calculate(expression, {**found, "values": list(found.values())}))
            return (float(result), int(result), bool(result))[slot]
        except Exception:
            return Unknown("node", "ComfyMathExpression")

    def _resolution(self, node_id: str, slot: int) -> Value:
        aspect, megapixels, multiple = (self.value(node_id, name) for name in ("aspect_ratio", "megapixels", "multiple"))
        multiple = 8 if isinstance(multiple, Unknown) and multiple.why == "missing" else multiple
        unknown = next((one for one in (aspect, megapixels, multiple) if isinstance(one, Unknown)), None)
        if unknown is not None:
            return unknown
        try:
            sides = [float(one) for one in str(aspect).split(" ")[0].split(":")]
            scale = math.sqrt(float(str(megapixels)) * 1024 * 1024 / (sides[0] * sides[1]))
            step = int(float(str(multiple)))
            return round(sides[slot] * scale / step) * step
        except (ValueError, IndexError, ArithmeticError):
            return Unknown("node", "ResolutionSelector")


SWITCHES = {"ComfySwitchNode", "ComfySoftSwitchNode"}
LOGIC = {"ComfyNotNode", "ComfyAndNode", "ComfyOrNode"}
CONSTANTS = {"INTConstant", "FloatConstant", "easy int", "easy float", "Int", "Float", "JWInteger", "JWFloat"}


def as_number(value: Value, slot: int) -> Value:
    """As ``ComfyNumberConvert`` does: the first output is a float, the second an int."""
    if isinstance(value, Unknown):
        return value
    try:
        told = float(value) if isinstance(value, (bool, int, float, str)) else math.nan
        return told if slot == 0 else int(value if isinstance(value, int) else told)
    except (ValueError, OverflowError):
        return Unknown("node", "ComfyNumberConvert")
