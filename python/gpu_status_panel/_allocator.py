"""What the process holds: PyTorch's and TensorFlow's allocators."""

from __future__ import annotations

import gc
import sys
from typing import Any, Dict, Optional, Tuple

from ._base import log


MIB = 1024 * 1024


def loaded_torch() -> Any:
    """PyTorch, if the host has imported it and has begun to use CUDA; asking makes no CUDA context."""
    torch = sys.modules.get("torch")
    try:
        return torch if torch is not None and torch.cuda.is_initialized() else None
    except Exception:  # Half imported, or built without CUDA.
        return None


def loaded_tensorflow() -> Any:
    """TensorFlow, if the host has imported it and has begun to use its devices."""
    tensorflow = sys.modules.get("tensorflow")
    eager = sys.modules.get("tensorflow.python.eager.context")
    try:
        context = eager.context_safe() if eager is not None else None
        return tensorflow if context is not None and context._context_handle is not None else None
    except Exception:
        return None


def allocator_figures() -> Optional[Dict[str, Optional[int]]]:
    """What the allocator of this process holds on all GPUs, in MiB; ``None`` where no framework is in use.

    ``allocated_mib`` is in live tensors, ``reserved_mib`` is held from the driver (tensors and cache),
    ``max_allocated_mib`` the most so far. TensorFlow does not tell what it has reserved: ``None``.
    """
    torch = loaded_torch()
    if torch is not None:
        try:
            devices = range(torch.cuda.device_count())
            return {
                "allocated_mib": round(sum(torch.cuda.memory_allocated(d) for d in devices) / MIB),
                "reserved_mib": round(sum(torch.cuda.memory_reserved(d) for d in devices) / MIB),
                "max_allocated_mib": round(sum(torch.cuda.max_memory_allocated(d) for d in devices) / MIB),
            }
        except Exception as error:
            log.debug("gpu_status_panel: PyTorch does not tell its memory: %s", error)
    tensorflow = loaded_tensorflow()
    if tensorflow is not None:
        try:
            names = [f"GPU:{index}" for index, _ in enumerate(tensorflow.config.list_logical_devices("GPU"))]
            figures = [tensorflow.config.experimental.get_memory_info(name) for name in names]
            if figures:
                return {
                    "allocated_mib": round(sum(one["current"] for one in figures) / MIB),
                    "reserved_mib": None,
                    "max_allocated_mib": round(sum(one["peak"] for one in figures) / MIB),
                }
        except Exception as error:
            log.debug("gpu_status_panel: TensorFlow does not tell its memory: %s", error)
    return None


def empty_caches() -> None:
    """Returns what no live tensor needs to the driver. TensorFlow keeps what it took until the process ends."""
    gc.collect()
    torch = loaded_torch()
    if torch is None:
        return
    try:
        torch.cuda.empty_cache()
        torch.cuda.ipc_collect()
    except Exception as error:
        log.warning("gpu_status_panel: emptying PyTorch's cache failed: %s", error)


def begin_peak() -> None:
    """Begins PyTorch's and TensorFlow's measurement of the peak anew."""
    torch, tensorflow = loaded_torch(), loaded_tensorflow()
    try:
        if torch is not None:
            for device in range(torch.cuda.device_count()):
                torch.cuda.reset_peak_memory_stats(device)
        elif tensorflow is not None:
            for index, _ in enumerate(tensorflow.config.list_logical_devices("GPU")):
                tensorflow.config.experimental.reset_memory_stats(f"GPU:{index}")
    except Exception as error:
        log.debug("gpu_status_panel: the peak cannot be reset: %s", error)


def peaks() -> Tuple[Optional[int], Optional[int]]:
    """Most MiB in tensors and most MiB held from the driver since ``begin_peak``, on the GPU where each was highest."""
    torch, tensorflow = loaded_torch(), loaded_tensorflow()
    try:
        if torch is not None:
            devices = range(torch.cuda.device_count())
            allocated = max((torch.cuda.max_memory_allocated(d) for d in devices), default=0)
            reserved = max((torch.cuda.max_memory_reserved(d) for d in devices), default=0)
            return round(allocated / MIB), round(reserved / MIB)
        if tensorflow is not None:
            count = len(tensorflow.config.list_logical_devices("GPU"))
            info = [tensorflow.config.experimental.get_memory_info(f"GPU:{index}") for index in range(count)]
            return (round(max(one["peak"] for one in info) / MIB), None) if info else (None, None)
    except Exception as error:
        log.debug("gpu_status_panel: the peak is not known: %s", error)
    return None, None


def is_out_of_vram(error: Optional[BaseException]) -> bool:
    """Whether an exception, or what caused it, is a GPU that ran out of memory. Host memory is another matter."""
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        names = {kind.__name__ for kind in type(error).__mro__}
        if names & {"OutOfMemoryError", "ResourceExhaustedError"}:
            return True
        text = str(error).lower()
        if "RuntimeError" in names and ("cuda out of memory" in text or "cuda error: out of memory" in text or "alloc_failed" in text):
            return True
        error = error.__cause__ or error.__context__
    return False
