"""What is known of a prompt before it runs: the signature under which its peaks are learned, and what is not known."""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple, Union

from .graph import Graph, Infos, Unknown, Value
from .pictures import ENCODERS, LENGTHS, MOST, FilesSize, Picture, Pictures, Size

MODEL_FILE = re.compile(r"\.(?:safetensors|sft|gguf|ckpt|pt|pth|bin|onnx)$", re.IGNORECASE)
# The longest first, for of `fp8_e4m3fn_scaled` the first that is found counts.
MARKS = re.compile(
    r"(?<![a-z0-9])(nvfp4|mxfp[468]|svdq|fp8mixed|fp8_e4m3fn|fp8_e5m2|e4m3fn|e5m2|fp8|fp16|bf16|fp32|fp4|int8|int4|nf4|q\d(?:_k)?(?:_[0-9smlx]+)?|iq\d_\w+)(?![a-z0-9])",
    re.IGNORECASE,
)
# What computes on a GPU: a prompt in which none of it runs is no job of one.
ON_GPU = {"MODEL", "CLIP", "VAE", "LATENT", "CONTROL_NET", "CLIP_VISION", "UPSCALE_MODEL", "SAMPLER", "GUIDER"}
DIFFUSION = ("unet_name", "ckpt_name", "model_name", "gguf_name", "diffusion_model", "transformer", "model", "model_path")
MOST_MODELS = 20


class Files(NamedTuple):
    """What the host knows of files."""

    size_of_picture: FilesSize
    dtype_of_model: Callable[[str], Optional[str]]
    """By the file's header."""


class Found(NamedTuple):
    """A prompt, described."""

    signature: Optional[Dict[str, Any]]
    """``None``: nothing of it runs on a GPU."""
    unknown: Dict[str, Unknown]
    """Of size, frames, steps and dtype those that are not known."""
    models: Tuple[Tuple[str, str, str], ...]
    """Name, kind of node and input."""


def describe(prompt: Dict[str, Any], info_of: Infos, files: Files, outputs: Optional[Sequence[str]] = None) -> Found:
    """``outputs``: the nodes that were asked for; all that show or save something by default."""
    graph = Graph(prompt, info_of, outputs)
    pictures = Pictures(graph, files.size_of_picture)
    models = models_of(graph)
    custom = sorted({graph.kind(key) for key in graph.live if graph.info(key).is_custom})
    if not models and not custom and not any(set(graph.info(key).outputs) & ON_GPU for key in graph.live):
        return Found(None, {}, ())
    unknown: Dict[str, Unknown] = {}
    other = other_size(graph)
    size, is_video, batch = largest_latent(graph, pictures)
    frames: Union[int, Unknown, None] = None
    if isinstance(size, Unknown):
        if size.why == "none" and graph.has_absent:
            size = Unknown("absent")
        # Sound and solids have no width.
        has_none = size.why == "none" and (other or not any("LATENT" in graph.info(key).outputs for key in graph.live))
        unknown.update({} if has_none else {"size": size})
    elif is_video:
        frames = size.frames
    if isinstance(frames, Unknown):
        unknown["frames"] = frames
    steps, passes = steps_of(graph)
    if isinstance(steps, Unknown) and passes > 0:
        unknown["steps"] = steps
    dtype = dtype_of(graph, models, files)
    if isinstance(dtype, Unknown) and dtype.why != "none":
        unknown["dtype"] = dtype
    options: Dict[str, Any] = {**({"passes": passes} if passes > 1 else {}), **({} if isinstance(size, Picture) else other)}
    if isinstance(dtype, str):
        options["dtype"] = dtype
    tiled = [key for key in graph.live if "tiled" in graph.kind(key).lower()]
    if tiled:
        tile = graph.value(tiled[0], "tile_size")
        options["tiled"] = tile if isinstance(tile, int) else True
    if not models and custom:
        options["nodes"] = ",".join(custom)[:200]
    known = size if isinstance(size, Picture) else None
    signature = {
        "host": "comfyui",
        "kind": "video" if is_video else "image" if known else "other",
        "models": [name for name, _, _ in models][:MOST_MODELS],
        "width": known and known.width,
        "height": known and known.height,
        "frames": None if isinstance(frames, Unknown) else frames,
        "batch": batch,
        "steps": None if isinstance(steps, Unknown) else steps or None,
        "options": options,
    }
    return Found(signature, unknown, tuple(models))


def largest_latent(graph: Graph, pictures: Pictures) -> Tuple[Size, bool, Optional[int]]:
    """The largest that the samplers work on, whether it is a film, and how many of it at once."""
    found: List[Tuple[Picture, Optional[int]]] = []
    missing: List[Unknown] = []
    is_video = False
    for key in graph.live:
        info, inputs = graph.info(key), graph.inputs(key)
        if "LATENT" not in info.outputs:
            continue
        encodes = graph.kind(key) in ENCODERS
        if encodes and not is_latent_taken(graph, key):
            continue
        has_size = "width" in inputs and "height" in inputs
        source = next((one for one in ("pixels", "start_image", "image") if one in inputs), None) if not has_size else None
        if source == "image" and graph.link(inputs.get("latent")) is not None:
            # It scales the picture to the latent that it is given.
            continue
        scales = "latent" in graph.kind(key).lower() and "upscal" in graph.kind(key).lower()
        if not has_size and source is None and not scales and not encodes:
            continue
        is_video = is_video or any(one in inputs for one in LENGTHS)
        size = pictures.made_by(key) if source is None else pictures.of(key, source)
        if isinstance(size, Unknown):
            missing.append(size)
            continue
        if source is not None:
            size = size._replace(frames=pictures.frames_of(key, size))
        is_video = is_video or size.frames != 1
        batch = graph.value(key, "batch_size")
        found.append((size, batch if isinstance(batch, int) and batch > 0 else None))
    # One that is not known may be the largest.
    if missing or not found:
        return (missing or [Unknown("none")])[0], is_video, None
    size, batch = max(found, key=lambda one: one[0].width * one[0].height * (one[0].frames if isinstance(one[0].frames, int) else 1) * (one[1] or 1))
    unknown = next((one.frames for one, _ in found if isinstance(one.frames, Unknown)), None)
    return size if unknown is None else size._replace(frames=unknown), is_video, batch


def is_latent_taken(graph: Graph, key: str) -> bool:
    """Whether a node that runs works on the latent that this one makes beside other things."""
    outputs = graph.info(key).outputs
    slots = [slot for one in graph.live for source, slot in graph.links(one).values() if source == key]
    return any(slot < len(outputs) and outputs[slot] == "LATENT" for slot in slots)


def other_size(graph: Graph) -> Dict[str, Any]:
    """Of latents without width and height what says how large they are: seconds of sound, the resolution of a solid."""
    found: Dict[str, Any] = {}
    for key in graph.live:
        if "LATENT" in graph.info(key).outputs:
            for name in ("seconds", "duration", "resolution", "seconds_total"):
                value = graph.value(key, name)
                # None of it means that the size is that of what comes in (a resolution of 0: "no resize").
                if isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0:
                    found[name] = max(value, found.get(name, 0))
    return found


def steps_of(graph: Graph) -> Tuple[Union[int, Unknown], int]:
    """All steps of all passes, and how many passes there are."""
    total = passes = 0
    unknown: Optional[Unknown] = None
    for key in graph.live:
        inputs, kind = graph.inputs(key), graph.kind(key)
        if not {"LATENT", "SIGMAS"} & set(graph.info(key).outputs):
            continue
        if kind == "ManualSigmas":
            steps: Value = sigmas_in(graph.value(key, "sigmas"))
        elif "steps" in inputs:
            steps = graph.value(key, "steps")
        else:
            continue
        if "start_at_step" in inputs and isinstance(steps, (int, float)):
            steps = between(steps, graph.value(key, "start_at_step"), graph.value(key, "end_at_step"))
        passes += 1
        if isinstance(steps, (int, float)) and not isinstance(steps, bool) and abs(steps) <= MOST:
            total += int(steps)
        else:
            unknown = steps if isinstance(steps, Unknown) else Unknown("node", kind)
    return (unknown if unknown is not None else total if passes else Unknown("none")), passes


def between(steps: float, start: Value, end: Value) -> Value:
    unknown = next((one for one in (start, end) if isinstance(one, Unknown)), None)
    if unknown is not None:
        return unknown
    try:
        return max(0, int(min(steps, float(str(end)))) - int(float(str(start))))
    except (ValueError, OverflowError):
        return Unknown("none")


def sigmas_in(value: Value) -> Value:
    """Between so many values so many steps less one."""
    return max(0, len(re.findall(r"[-+]?\d*\.?\d+", value)) - 1) if isinstance(value, str) else value


def models_of(graph: Graph) -> List[Tuple[str, str, str]]:
    """Files of models, each once, with the node and the input that name them."""
    found: Dict[str, Tuple[str, str, str]] = {}
    for key in graph.live:
        for name, given in graph.inputs(key).items():
            value = graph.resolve(given) if isinstance(given, (str, list)) else None
            if isinstance(value, str) and MODEL_FILE.search(value) and 0 < len(value) <= 200:
                found.setdefault(value, (value, graph.kind(key), name))
    return list(found.values())


def dtype_of(graph: Graph, models: Sequence[Tuple[str, str, str]], files: Files) -> Union[str, Unknown]:
    """Of the models that diffuse: as the node casts them, else by the last mark in the name, else by the file's header."""
    found = set()
    for key in (one for one in graph.live if "MODEL" in graph.info(one).outputs):
        for name in DIFFUSION:
            file = graph.value(key, name)
            if not isinstance(file, str) or not any(file == model for model, _, _ in models):
                continue
            cast = graph.value(key, "weight_dtype")
            marks = MARKS.findall(file.lower().replace("-", "_"))
            dtype = cast if isinstance(cast, str) and cast != "default" else marks[-1] if marks else files.dtype_of_model(file)
            if dtype is None:
                return Unknown("file", file)
            found.add(dtype)
    return ",".join(sorted(found)) if found else Unknown("none")
