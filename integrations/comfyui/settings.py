"""What the user has set in ComfyUI's page, for a ComfyUI that no page has been opened of since its start."""

from __future__ import annotations

import json
import logging
from pathlib import Path

log = logging.getLogger("gpu_status_panel")


def saved_setting(name: str) -> bool:
    """Whether one of the pack's settings is switched on. With ``--multi-user`` each has its own, and none speaks for all."""
    try:
        import folder_paths
        from comfy.cli_args import args

        if getattr(args, "multi_user", False):
            return False
        file = Path(folder_paths.get_user_directory()) / "default" / "comfy.settings.json"
        return json.loads(file.read_text("utf-8")).get(f"gpu-status-panel.{name}") is True
    except Exception as error:  # Other releases of ComfyUI keep it elsewhere: the panel comes all the same.
        log.debug("gpu_status_panel: ComfyUI's settings are not read: %r", error)
        return False
