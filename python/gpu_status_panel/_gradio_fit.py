"""The line below a button that says whether its job fits: Python tells the kind of job, the page asks."""

from __future__ import annotations

import sys
from typing import Any, Callable, List, Optional, Tuple

from ._call_signature import call_signature, meaning_of
from ._gradio_app import within
from ._gradio_call import call_of
from ._gradio_choice import Choice, functions_of
from ._gradio_page import fit_html


MEDIA_INPUTS = {"Image", "Video", "Audio", "File", "ImageEditor"}


def add_fit_lines(demo: Any, choice: Choice) -> None:
    """One below each button that starts a job."""
    with within(demo):
        seen = set()
        for block_fn in functions_of(demo):
            button = button_of(demo, block_fn) if block_fn.fn is not None and choice.is_chosen(block_fn) else None
            if button is not None and id(button) not in seen:
                seen.add(id(button))
                add_line(demo, block_fn, button)


def button_of(demo: Any, block_fn: Any) -> Any:
    blocks = getattr(demo, "blocks", None) or {}
    for target in getattr(block_fn, "targets", None) or ():
        found = blocks.get(target[0])
        if found is not None and target[1] in ("click", "submit"):
            return found
    return None


def place_below(button: Any) -> Tuple[Optional[Any], Any]:
    """The column in which a line goes, and what it follows: a row is no place for it."""
    follows, parent = button, button.parent
    while parent is not None and type(parent).__name__ in ("Row", "Group", "Form") and parent.parent is not None:
        follows, parent = parent, parent.parent
    return parent, follows


def add_line(demo: Any, block_fn: Any, button: Any) -> None:
    gradio: Any = sys.modules["gradio"]
    parent, follows = place_below(button)
    if parent is None:
        return
    inputs = list(block_fn.inputs)
    tell = teller(block_fn)
    line = gradio.HTML(fit_html(tell_signature(block_fn, [getattr(one, "value", None) for one in inputs])))
    line.parent.children.remove(line)
    line.parent = parent
    parent.children.insert(parent.children.index(follows) + 1, line)
    # A prompt that is being typed changes nothing.
    matters = [one for one, (name, label, _) in zip(inputs, call_of(block_fn, inputs)) if meaning_of(name, label) or MEDIA_INPUTS & {kind.__name__ for kind in type(one).__mro__}]
    triggers = [one.change for one in matters if hasattr(one, "change")]
    if triggers:
        gradio.on(triggers, tell, inputs, line, queue=False, show_progress="hidden", trigger_mode="always_last", preprocess=False, **unlisted(gradio))


def tell_signature(block_fn: Any, values: List[Any]) -> Any:
    return call_signature("gradio", block_fn.fn, call_of(block_fn, values))


def teller(block_fn: Any) -> Callable[..., str]:
    def gpu_status_panel_fit(*values: Any) -> str:
        return fit_html(tell_signature(block_fn, list(values)))

    return gpu_status_panel_fit


def unlisted(gradio: Any) -> Any:
    """Not among the endpoints that people call; Gradio 6 names it anew."""
    return {"api_visibility": "private"} if int(str(gradio.__version__).split(".")[0]) >= 6 else {"api_name": False}
