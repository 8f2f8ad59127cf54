"""What this ComfyUI tells of its nodes, its files and itself."""

from __future__ import annotations

import os
import sys
from typing import Any, Dict, List, Optional, Sequence, Tuple

from .graph import NodeInfo
from .headers import read_dtype
from .nodes import NODES
from .signature import Files, Found, describe

MOST_FILES = 200
MIB = 1024 * 1024
KNOWN_NODES: Dict[str, NodeInfo] = {}
KNOWN_DTYPES: Dict[Tuple[str, float], Optional[str]] = {}


def info_of(kind: str) -> Optional[NodeInfo]:
    """What a kind of node gives; ``None``: there is no such kind here."""
    import nodes

    known = KNOWN_NODES.get(kind)
    made = nodes.NODE_CLASS_MAPPINGS.get(kind)
    if known is None and made is not None:
        outputs = [str(one) for one in getattr(made, "RETURN_TYPES", ()) or ()]
        names = [str(one) for one in getattr(made, "RETURN_NAMES", None) or outputs]
        is_custom = kind not in NODES and str(getattr(made, "RELATIVE_PYTHON_MODULE", "nodes")).startswith("custom_nodes")
        known = NodeInfo(outputs, names, bool(getattr(made, "OUTPUT_NODE", False)), bool(getattr(made, "API_NODE", False)), is_custom)
        KNOWN_NODES[kind] = known
    return known


def describe_prompt(prompt: Dict[str, Any], outputs: Optional[Sequence[str]] = None) -> Found:
    """The prompt's signature, with what of this ComfyUI changes its peak."""
    found = describe(prompt, info_of, Files(size_of_picture, dtype_of_model), outputs)
    if found.signature is not None:
        found.signature["options"].update(own_options())
    return found


def own_options() -> Dict[str, Any]:
    """How this ComfyUI was told to use VRAM, where that is not the usual way."""
    said: Dict[str, Any] = {}
    management, memory = sys.modules.get("comfy.model_management"), sys.modules.get("comfy.memory_management")
    state = getattr(getattr(management, "vram_state", None), "name", "")
    if state not in ("", "NORMAL_VRAM"):
        said["vram"] = state.lower()
    if getattr(memory, "aimdo_enabled", False):
        said["dynamicVram"] = True
    return said


def size_of_picture(name: str) -> Optional[Tuple[int, int, Optional[int]]]:
    """Width, height and frames of an input file, by its header."""
    import folder_paths

    try:
        path = folder_paths.get_annotated_filepath(name)
        # ComfyUIs of before do not look whether a name leads out of their folders.
        roots = (folder_paths.get_input_directory(), folder_paths.get_output_directory(), folder_paths.get_temp_directory())
        if not is_file_below(path, roots):
            return None
        if name.rsplit(" [", 1)[0].lower().endswith((".mp4", ".webm", ".mov", ".mkv", ".avi", ".m4v")):
            return size_of_film(path)
        from PIL import Image

        with Image.open(path) as picture:
            width, height = picture.size
            # ComfyUI turns a picture as its camera was held.
            turned = picture.getexif().get(0x0112, 1) in (5, 6, 7, 8)
            frames = int(getattr(picture, "n_frames", 1))
        return (height, width, frames) if turned else (width, height, frames)
    except Exception:  # A file that is not there, or that nobody can read.
        return None


def is_file_below(path: str, roots: Sequence[str]) -> bool:
    """An ordinary file in one of the folders, wherever links lead."""
    real = os.path.realpath(path)
    return os.path.isfile(real) and any(real.startswith(os.path.join(os.path.realpath(root), "")) for root in roots)


def size_of_film(path: str) -> Optional[Tuple[int, int, Optional[int]]]:
    import av

    with av.open(path) as film:
        stream = film.streams.video[0]
        return stream.width, stream.height, stream.frames or None


def path_of_model(name: str) -> Optional[str]:
    """Wherever models lie; names of models are unique enough."""
    import folder_paths

    for folder in list(folder_paths.folder_names_and_paths):
        if folder not in ("custom_nodes", "configs"):
            try:
                found = folder_paths.get_full_path(folder, name)
            except Exception:
                continue
            if found:
                return str(found)
    return None


def weights_mib(models: Sequence[str]) -> Optional[int]:
    """How large the files are: the least that their weights take, in VRAM or beside it. ``None``: one is not here."""
    if len(models) > MOST_FILES:
        return None
    sizes: List[int] = []
    for name in models:
        path = path_of_model(name)
        if path is None:
            return None
        sizes.append(os.path.getsize(path))
    return round(sum(sizes) / MIB) if sizes else None


def dtype_of_model(name: str) -> Optional[str]:
    """What a model's file says of itself; ``None``: it is not here, or says nothing."""
    path = path_of_model(name)
    if path is None:
        return None
    key = (path, os.path.getmtime(path))
    if key not in KNOWN_DTYPES:
        KNOWN_DTYPES[key] = read_dtype(path)
    return KNOWN_DTYPES[key]
