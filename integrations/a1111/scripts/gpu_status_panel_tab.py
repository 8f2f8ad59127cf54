"""A1111, Forge and SD.Next: the GPU status panel as a tab, on the WebUI's own port.

The unload hook runs in the WebUI's process and takes the lock of its generation, so neither ``--api`` nor a log-in is
needed and no running job is ever broken. A1111 leaves an unloaded checkpoint in host memory and would fail at the next
job: it is put back onto the GPU before that job begins.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any, Dict, List, Tuple

import gradio as gr
from modules import script_callbacks, scripts, sd_models, shared

PATH = "/gpu-status-panel"
FRAME = (
    '<iframe id="gpu_status_panel" src=".{path}/embed?view=full" title="GPU"'
    ' style="width: 100%; height: 900px; border: 0"></iframe>'
)


def load_panel() -> Any:
    """``gpu_status_panel.py``: copied into the extension, or where it lies in the project that is linked here; else the installed package."""
    if "gpu_status_panel" in sys.modules:
        return sys.modules["gpu_status_panel"]
    extension = Path(__file__).resolve().parents[1]
    for folder in (extension, extension.parent / "python"):
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
        raise ImportError("gpu-status-panel: pip install the wheel, or copy integrations/python/gpu_status_panel.py into the extension's folder") from None


class Checkpoint:
    """The loaded checkpoint: away from the GPU on demand, and back before it is needed."""

    def __init__(self) -> None:
        self.parked = False

    def busy(self) -> bool:
        # `begin` sets the count to -1 first, and a job may have a name before it has a count.
        state = shared.state
        return bool(getattr(state, "job_count", 0) != 0 or getattr(state, "job", ""))

    def unload(self) -> Dict[str, List[str]]:
        with generation_lock():
            sd_models.unload_model_weights()
            # Forge and SD.Next load again by themselves; this is A1111's way of putting it back.
            self.parked = can_put_back()
        return {}

    def put_back(self) -> None:
        if self.parked:
            self.parked = False
            sd_models.send_model_to_device(shared.sd_model)


def can_put_back() -> bool:
    return hasattr(sd_models, "send_model_to_cpu") and hasattr(sd_models, "send_model_to_device") and not is_forge()


def is_forge() -> bool:
    return importlib.util.find_spec("modules_forge") is not None


def generation_lock() -> Any:
    """The lock that every job of the WebUI holds."""
    from modules import call_queue

    return call_queue.queue_lock


checkpoint = Checkpoint()


class GpuStatusPanelScript(scripts.Script):
    """Runs with every job, shows nothing."""

    def title(self) -> str:
        return "GPU status panel"

    def show(self, is_img2img: bool) -> Any:
        return scripts.AlwaysVisible

    def ui(self, is_img2img: bool) -> List[Any]:
        return []

    def before_process(self, p: Any, *args: Any) -> None:
        checkpoint.put_back()


def on_app_started(demo: Any, app: Any) -> None:
    panel = load_panel()
    hook = panel.unload_hook(checkpoint.unload, busy=checkpoint.busy)
    # Whoever may use the WebUI may release; with its log-in on, only who has logged in may look.
    options = getattr(shared, "cmd_opts", None)
    guarded = bool(getattr(options, "gradio_auth", None) or getattr(options, "gradio_auth_path", None) or getattr(options, "auth", None))
    tokens = getattr(app, "tokens", None)

    def is_known(scope: Dict[str, Any]) -> bool:
        if not guarded:
            return True
        cookies = panel.header_of(scope["headers"], b"cookie").split(";")
        pairs = [part.strip().partition("=") for part in cookies]
        return any(tokens is not None and value in tokens for name, _, value in pairs if name.startswith("access-token"))

    panel.mount(app, PATH, hook=hook, allow_view=is_known, allow_release=is_known)


def on_ui_tabs() -> List[Tuple[Any, str, str]]:
    with gr.Blocks(analytics_enabled=False) as tab:
        gr.HTML(FRAME.format(path=PATH))
    return [(tab, "GPU", "gpu_status_panel_tab")]


script_callbacks.on_app_started(on_app_started)
script_callbacks.on_ui_tabs(on_ui_tabs)
