"""The GPUs on which this process runs, as nvidia-smi numbers them."""

from __future__ import annotations

import os
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

from ._allocator import loaded_torch
from ._base import warn_once


Gpus = List[Dict[str, Any]]
"""As the sidecar shows them."""


def allowed_gpus(given: Union[None, str, Sequence[int]], count: int, gpus: Gpus) -> Optional[List[int]]:
    """The GPUs on which this process would run: a reservation elsewhere would keep nobody from running out."""
    visible = visible_gpus(gpus)
    if given == "any":
        return visible
    if given is not None and not isinstance(given, str):
        return [int(index) for index in given]
    first, uuid = torch_device(gpus) if count == 1 else (0, None)
    if uuid is not None:
        return [gpu["index"] for gpu in gpus if gpu.get("uuid") == uuid] or None
    if orders_differ(gpus):
        warn_once("order", "the GPUs differ, and CUDA numbers them otherwise than nvidia-smi: set CUDA_DEVICE_ORDER=PCI_BUS_ID, or name gpu_indexes")
        return None
    if visible is None:
        return list(range(first, first + count))
    return visible[first : first + count] or None


def device_of(index: int, gpus: Gpus) -> Optional[str]:
    """A GPU as PyTorch names it in this process; ``None`` where that is not known."""
    if orders_differ(gpus):
        return None
    visible = visible_gpus(gpus)
    if visible is None:
        return f"cuda:{index}"
    return f"cuda:{visible.index(index)}" if index in visible else None


def torch_device(gpus: Gpus) -> Tuple[int, Optional[str]]:
    """Number and UUID of the GPU that PyTorch would use, where it tells."""
    torch = loaded_torch()
    if torch is None:
        return 0, None
    try:
        first = int(torch.cuda.current_device())
        uuid = str(getattr(torch.cuda.get_device_properties(first), "uuid", "") or "")
    except Exception:
        return 0, None
    named = uuid if uuid.startswith("GPU-") else f"GPU-{uuid}"
    return first, named if any(gpu.get("uuid") == named for gpu in gpus) else None


def orders_differ(gpus: Gpus) -> bool:
    """Whether CUDA may number other GPUs first: unless told otherwise it begins with the fastest."""
    if os.environ.get("CUDA_DEVICE_ORDER") == "PCI_BUS_ID" or "GPU-" in os.environ.get("CUDA_VISIBLE_DEVICES", ""):
        return False
    return len({gpu.get("name") for gpu in gpus}) > 1


def visible_gpus(gpus: Gpus) -> Optional[List[int]]:
    """What CUDA_VISIBLE_DEVICES leaves, as nvidia-smi numbers it; ``None``: all, or not known."""
    text = os.environ.get("CUDA_VISIBLE_DEVICES")
    if text is None or not text.strip():
        return None
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if all(part.isdigit() for part in parts):
        return [int(part) for part in parts]
    found = [next((gpu["index"] for gpu in gpus if str(gpu.get("uuid", "")).startswith(part)), None) for part in parts]
    return [index for index in found if index is not None] if all(index is not None for index in found) else None
