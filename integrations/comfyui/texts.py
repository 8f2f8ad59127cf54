"""What ComfyUI's own nodes make of texts: numbers of a workflow may come out of them."""

from __future__ import annotations

import json
from typing import Callable, Dict, Tuple

LONGEST = 100_000


def json_extract(text: str, key: str) -> str:
    """As ``JsonExtractString`` has it: what is not there is an empty text."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    value = data.get(key) if isinstance(data, dict) else None
    return "" if value is None else str(value)


def replace(text: str, find: str, by: str) -> str:
    # Each letter by a page, again and again, would make a text without end.
    if text.count(find) * len(by) > LONGEST:
        raise ValueError("too long")
    return text.replace(find, by)


TEXTS: Dict[str, Tuple[Tuple[str, ...], Callable[..., str]]] = {
    "JsonExtractString": (("json_string", "key"), json_extract),
    "StringReplace": (("string", "find", "replace"), replace),
}
"""Kind of node → its inputs, and what it does with them."""
