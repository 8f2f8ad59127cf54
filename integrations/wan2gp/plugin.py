"""Wan2GP: the GPU status panel as a tab, and an unload from inside its process.

Wan2GP's own unload button may not be called from outside: whether a generation runs it looks up in the session of the
one who calls, and so frees the models under somebody else's. A plugin can ask the truth of the whole process.
"""

from __future__ import annotations

import importlib.util
import sys
import threading
import time
from pathlib import Path
from typing import Any

import gradio as gr
from shared.utils.plugins import WAN2GPPlugin

PATH = "/gpu-status-panel"
LAUNCH_PATIENCE_S = 1800.0
"""Models may be fetched before the page is launched."""


def load_panel() -> Any:
    """``gpu_status_panel.py``: copied beside this file, or where it lies in the project that is linked here; else the installed package."""
    if "gpu_status_panel" in sys.modules:
        return sys.modules["gpu_status_panel"]
    here = Path(__file__).resolve().parent
    for folder in (here, here.parent / "python"):
        file = folder / "gpu_status_panel.py"
        spec = importlib.util.spec_from_file_location("gpu_status_panel", file) if file.is_file() else None
        if spec is not None and spec.loader is not None:
            module = importlib.util.module_from_spec(spec)
            sys.modules["gpu_status_panel"] = module
            spec.loader.exec_module(module)
            return module
    try:
        return importlib.import_module("gpu_status_panel")
    except ImportError:
        raise ImportError("gpu-status-panel: pip install the wheel, or copy integrations/python/gpu_status_panel.py into the plugin's folder") from None


class GpuStatusPanelPlugin(WAN2GPPlugin):
    """The tab, and what its button frees."""

    def __init__(self) -> None:
        super().__init__()
        self.name = "GPU status"
        self.version = "0.1.0"
        self.description = "Live VRAM, how many more jobs fit, and a release that never breaks a running generation."

    def setup_ui(self) -> None:
        self.request_global("release_model")
        self.request_global("is_generation_in_progress")
        self.add_tab(tab_id="gpu_status_panel", label="GPU", component_constructor=self.create_tab)

    def create_tab(self, api_session: Any = None) -> None:
        gr.HTML(
            f'<iframe src=".{PATH}/embed?view=full" title="GPU" style="width: 100%; height: 900px; border: 0"></iframe>'
        )
        blocks = gr.context.Context.root_block
        threading.Thread(target=self._mount_when_launched, args=(blocks,), name="gpu-status-panel", daemon=True).start()

    def is_busy(self) -> bool:
        return bool(self.is_generation_in_progress())

    def unload(self) -> None:
        # Asked once more at the last moment: another session may just have begun.
        if self.is_busy():
            raise RuntimeError("a generation runs")
        self.release_model()

    def _mount_when_launched(self, blocks: Any) -> None:
        """Wan2GP launches its page itself, after the plugins have made theirs."""
        until = time.monotonic() + LAUNCH_PATIENCE_S
        while not hasattr(getattr(blocks, "app", None), "router"):
            if time.monotonic() > until:
                return
            time.sleep(0.2)
        panel = load_panel()
        hook = panel.unload_hook(self.unload, busy=self.is_busy)
        # Wan2GP has no log-in: whoever may use it may unload its models, here as with its own button.
        panel.mount(blocks, PATH, hook=hook, allow_release=lambda scope: True)
