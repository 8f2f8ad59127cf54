"""The figures left of Run: a few numbers of the sidecar's state, for the GPU on which this ComfyUI runs."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple


AWAY: Tuple[int, Dict[str, Any]] = (200, {"away": True})
"""No failure for the page's log: that the sidecar is away is nothing that its user must read."""


def glance(panel: Any) -> Tuple[int, Dict[str, Any]]:
    try:
        answer = panel.Sidecar().call("GET", "api/v1/state?hosts=names", timeout=3.0)
    except panel.Unreachable:
        return AWAY
    state = answer.body.get("state")
    told = glance_of(state, uuid_here(panel)) if answer.status == 200 and isinstance(state, dict) else None
    return AWAY if told is None else (200, told)


def uuid_here(panel: Any) -> Optional[str]:
    """Of the GPU that PyTorch uses; asking makes no CUDA context."""
    torch = panel.loaded_torch()
    if torch is None:
        return None
    try:
        uuid = str(torch.cuda.get_device_properties(torch.cuda.current_device()).uuid)
    except Exception:
        return None
    return uuid if uuid.startswith("GPU-") else f"GPU-{uuid}"


def glance_of(state: Dict[str, Any], uuid: Optional[str]) -> Optional[Dict[str, Any]]:
    gpus: List[Dict[str, Any]] = [gpu for gpu in state.get("gpus", []) if gpu.get("memoryTotalMiB")]
    # Of several that are not known by name none is guessed.
    gpu = next((one for one in gpus if one.get("uuid") == uuid), gpus[0] if len(gpus) == 1 else None)
    if gpu is None or gpu.get("memoryUsedMiB") is None:
        return None
    used, total = gpu["memoryUsedMiB"] / 1024, gpu["memoryTotalMiB"] / 1024
    release = state.get("release") or {}
    return {
        "usedGb": f"{used:.1f}",
        "totalGb": f"{total:.0f}",
        "more": (state.get("capacity") or {}).get("canStart"),
        "alerts": sum(1 for alert in state.get("alerts") or [] if alert.get("severity") in ("warning", "critical")),
        "release": {
            "id": release.get("id"),
            "state": release.get("state"),
            "freedMiB": release.get("freedMiB"),
            "message": (release.get("problem") or {}).get("message"),
        },
    }
