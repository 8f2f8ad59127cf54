"""What kind of job a call is: from the names and values of its parameters."""

from __future__ import annotations

import os
import re
import sys
from typing import Any, Callable, Dict, Iterable, Mapping, Optional, Tuple


Call = Iterable[Tuple[str, str, Any]]
"""Of each parameter its name, what people call it, and its value."""

WORDS: Tuple[Tuple[str, str], ...] = (
    ("width", r"width|宽度?"),
    ("height", r"height|高度?"),
    ("frames", r"frames?|num_frames|frame_num|video_length|帧数"),
    ("steps", r"steps?|sampling_steps|num_inference_steps|sd_steps|步数"),
    ("batch", r"batch(?:_size)?|num_images(?:_per_prompt)?|number_of_images|张数|批量"),
    ("resolution", r"resolution|size|image_size|video_size|分辨率|尺寸"),
    ("model", r"model|checkpoint|ckpt|model_name|model_id|模型"),
    ("option", r"seconds|duration|quant\w*|precision|dtype|\w*offload\w*|\w*tiling|tiled?\w*|时长|量化|精度"),
)
"""Of all that a form asks for, what changes how much VRAM a job takes. Names and labels are looked through whole."""
SIZE = re.compile(r"(?<!\d)(\d{2,5})\s*[x×*X]\s*(\d{2,5})(?!\d)")
MOST_VALUE = 100
MEDIA = {"Image": "image", "ndarray": "image", "Tensor": "image", "JpegImageFile": "image", "PngImageFile": "image"}
MEDIA_FILES = {"image": ".png .jpg .jpeg .webp .bmp", "video": ".mp4 .mov .webm .mkv .avi", "audio": ".wav .mp3 .flac .ogg .m4a"}


def call_signature(host: str, fn: Callable[..., Any], call: Call) -> Dict[str, Any]:
    """The signature of a call, as the sidecar takes it. What is not certain is left out: prompts and seeds change no VRAM."""
    made: Dict[str, Any] = {"host": host, "kind": kind_of(fn)}
    models, options = [], {}
    for name, label, value in call:
        given = media_of(value)
        if given is not None:
            options[f"given {given}"] = True
            continue
        meaning = meaning_of(name, label)
        if meaning in ("width", "height", "frames", "steps", "batch"):
            number = whole_number(value)
            if number is not None:
                made[meaning] = number
        elif meaning == "resolution":
            found = SIZE.search(str(value)) if isinstance(value, str) else None
            if found is not None:
                made["width"], made["height"] = int(found.group(1)), int(found.group(2))
            elif is_short(value):
                options["resolution"] = value
        elif meaning == "model" and isinstance(value, str) and is_short(value):
            models.append(value)
        elif meaning == "option" and is_short(value):
            options[(name or label)[:MOST_VALUE]] = value
    return {**made, "models": models[:20], "options": dict(list(options.items())[:40])}


def meaning_of(name: str, label: str) -> Optional[str]:
    for text in (name, label):
        # "Sampling steps (1–50)" is steps, "num_inference_steps" too.
        plain = re.sub(r"[\s-]+", "_", re.sub(r"[(（\[].*", "", text).strip().lower())
        for meaning, words in WORDS:
            if re.fullmatch(rf"(?:\w*_)?(?:{words})", plain):
                return meaning
    return None


def whole_number(value: Any) -> Optional[int]:
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 20:
        value = int(value)
    return int(value) if isinstance(value, (int, float)) and value == value and 1 <= value <= 65_536 else None


def is_short(value: Any) -> bool:
    return isinstance(value, (bool, int, float)) and value == value or isinstance(value, str) and 0 < len(value) <= MOST_VALUE


def media_of(value: Any) -> Optional[str]:
    """Whether a picture, video or sound was given: its size is not looked at, and hosts scale it."""
    if isinstance(value, Mapping):
        # An editor's picture is an array, which has no truth.
        value = next((value[key] for key in ("path", "background", "video") if value.get(key) is not None), None)
        if isinstance(value, Mapping):
            value = value.get("path")
    if isinstance(value, (str, os.PathLike)):
        ending = os.path.splitext(str(value)[-20:])[1].lower()
        return next((kind for kind, endings in MEDIA_FILES.items() if ending and ending in endings.split()), None)
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], int) and hasattr(value[1], "dtype"):
        return "audio"
    return MEDIA.get(type(value).__name__)


def kind_of(fn: Callable[..., Any]) -> str:
    """Folder, module and function: many apps are an app.py with a function generate."""
    inner = fn
    while True:
        further = getattr(inner, "__wrapped__", None) or getattr(inner, "func", None)
        if further is None:
            break
        inner = further
    module = str(getattr(inner, "__module__", "") or "")
    code = getattr(inner, "__code__", None)
    file = os.path.abspath(code.co_filename if code is not None else sys.argv[0] or "app")
    name = getattr(inner, "__qualname__", None) or type(inner).__qualname__
    if module in ("", "__main__"):
        module = os.path.splitext(os.path.basename(file))[0]
    name = str(name).replace("<locals>.", "").strip("<>")
    return f"{os.path.basename(os.path.dirname(file))}/{module}.{name}"[-200:]


def parameter_names(fn: Callable[..., Any]) -> Tuple[str, ...]:
    import inspect

    try:
        return tuple(inspect.signature(fn).parameters)
    except (TypeError, ValueError):
        return ()


def bound_call(fn: Callable[..., Any], args: Iterable[Any], kwargs: Mapping[str, Any]) -> Call:
    """A plain call as names and values, defaults with them."""
    import inspect

    try:
        bound = inspect.signature(fn).bind(*args, **kwargs)
    except (TypeError, ValueError):
        return []
    bound.apply_defaults()
    return [(name, "", value) for name, value in bound.arguments.items()]
