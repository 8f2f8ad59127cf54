"""The pack's two nodes. They hand on what they are given; what they stand for is done where the pack sees each node begin."""

from __future__ import annotations

from typing import Any, Dict, Tuple

GIVE_WAY = "GpuStatusPanelGiveWay"
TAKE_BACK = "GpuStatusPanelTakeBack"


class AnyType(str):
    """Goes with every type, as ComfyUI compares them by ``!=``."""

    def __ne__(self, other: object) -> bool:
        return False

    __eq__, __hash__ = str.__eq__, str.__hash__


ANY = AnyType("*")


class PassesOn:
    """Any one thing in, the same out."""

    CATEGORY = "GPU"
    FUNCTION = "pass_on"
    RETURN_TYPES = (ANY,)
    RETURN_NAMES = ("anything",)
    DESCRIPTION = ""

    @classmethod
    def INPUT_TYPES(cls) -> Dict[str, Any]:
        return {"required": {"anything": (ANY, {})}}

    def pass_on(self, anything: Any) -> Tuple[Any]:
        return (anything,)


class GiveWay(PassesOn):
    DESCRIPTION = "Before a node that calls a language model: ComfyUI's models leave the card, so that the other program has it."


class TakeBack(PassesOn):
    DESCRIPTION = "After it: waits until there is room for the rest of the workflow, 300 seconds at most."


NODES = {GIVE_WAY: GiveWay, TAKE_BACK: TakeBack}
NAMES = {GIVE_WAY: "GPU: give way", TAKE_BACK: "GPU: take back"}
