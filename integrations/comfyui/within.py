"""A ComfyUI that ``gpu-status-panel run`` has started has its room already: its prompts are part of that one job."""

from __future__ import annotations

import os
from typing import Any, Dict, Optional


def job_around(panel: Any) -> Optional[Dict[str, Any]]:
    """The job of ``run`` as the sidecar has it; ``None``: there is none, or nobody tells."""
    if not os.environ.get("GPU_PANEL_RUN"):
        return None
    try:
        around: Optional[Dict[str, Any]] = panel.job_around(panel.Sidecar())
        return around
    except panel.Unreachable:
        return None
