"""What changes the peak of a run: of the processing object, or of the page's form, in the same words. Pure."""

from __future__ import annotations

import re
from typing import Any, Dict, NamedTuple, Optional, Tuple

HASH = re.compile(r" \[[0-9a-fA-F]+\]$")


class Host(NamedTuple):
    """What the WebUI knows and the form does not."""

    name: str
    checkpoint: str
    options: Dict[str, Any]


def form_of(p: Any) -> Dict[str, Any]:
    """The values of a processing object, as the page sends those of its form."""
    return {
        "width": getattr(p, "width", None),
        "height": getattr(p, "height", None),
        "batch": getattr(p, "batch_size", None),
        "steps": getattr(p, "steps", None),
        "hires": {
            "scale": getattr(p, "hr_scale", None),
            "x": getattr(p, "hr_resize_x", None),
            "y": getattr(p, "hr_resize_y", None),
            "steps": getattr(p, "hr_second_pass_steps", None),
        }
        if getattr(p, "enable_hr", False)
        else None,
    }


def signature_of(form: Dict[str, Any], host: Host) -> Optional[Dict[str, Any]]:
    """``None``: the size is not known, or no checkpoint is chosen."""
    width, height, steps = whole(form.get("width")), whole(form.get("height")), whole(form.get("steps"))
    checkpoint = HASH.sub("", host.checkpoint)[:200]
    if width is None or height is None or not checkpoint:
        return None
    hires = form.get("hires")
    if isinstance(hires, dict):
        size = size_after(width, height, hires)
        if size is None:
            return None
        width, height = size
        # Without a figure of its own the second pass has as many steps as the first.
        steps = steps and steps + (whole(hires.get("steps")) or steps)
    return {
        "host": host.name,
        "kind": "image",
        "models": [checkpoint],
        "width": width,
        "height": height,
        "frames": None,
        "batch": whole(form.get("batch")),
        "steps": steps,
        "options": dict(host.options),
    }


def size_after(width: int, height: int, hires: Dict[str, Any]) -> Optional[Tuple[int, int]]:
    """What the second pass works on, as ``calculate_target_resolution`` reckons it: the larger side covers what was asked for.

    ``None``: by how much it scales is not known.
    """
    x, y = whole(hires.get("x")) or 0, whole(hires.get("y")) or 0
    if x == 0 and y == 0:
        scale = hires.get("scale")
        if not isinstance(scale, (int, float)) or isinstance(scale, bool) or not 0 < scale < 100:
            return None
        return int(width * scale), int(height * scale)
    if y == 0 or (x != 0 and width / height < x / y):
        return x, x * height // width
    return y * width // height, y


def whole(value: Any) -> Optional[int]:
    return int(value) if isinstance(value, (int, float)) and not isinstance(value, bool) and 1 <= value <= 65_536 else None
