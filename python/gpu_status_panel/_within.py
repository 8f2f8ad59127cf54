"""A program that ``gpu-status-panel run`` has started has its room already: its own jobs are parts of that one."""

from __future__ import annotations

import os
from typing import Any, Dict, Optional
from urllib.parse import quote

from ._api import Sidecar, Unreachable


RUN = "GPU_PANEL_RUN"
"""The sidecar's name for the job of ``run``, and the number of its process where that is known."""


def job_around(sidecar: Sidecar) -> Optional[Dict[str, Any]]:
    """The job of ``run`` within which this process runs, as the sidecar has it; ``None``: there is none, or it has ended."""
    words = os.environ.get(RUN, "").split()
    if not words:
        return None
    answer = sidecar.call("GET", f"api/v1/jobs/{quote(words[0], safe='')}")
    if answer.status == 200 and answer.body.get("state") == "running":
        return answer.body
    if answer.status == 429 or answer.status >= 500:
        # Whoever took that for a no would reserve twice.
        raise Unreachable(answer.message)
    if len(words) < 2 or not words[1].isdigit() or not sidecar.is_local:
        return None
    # A panel that had lost it was told of it anew, under another name.
    listed = sidecar.call("GET", "api/v1/jobs").body.get("jobs")
    known = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return next((one for one in known if one.get("pid") == int(words[1]) and one.get("state") == "running"), None)
