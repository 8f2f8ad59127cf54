"""Wan2GP: the GPU status panel as a tab, and an unload from inside its process.

Wan2GP's own unload button may not be called from outside: whether a generation runs it looks up in the session of the
one who calls, and so frees the models under somebody else's. A plugin can ask the truth of the whole process.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import sys
import threading
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Callable, ContextManager, Dict, List

import gradio as gr
from shared.utils.plugins import WAN2GPPlugin

PATH = "/gpu-status-panel"
GENERATORS = ("generate_media", "generate_video")
"""What generates, by its name since 2026 and the one before."""
GLOBALS = GENERATORS + (
    "release_model",
    "is_generation_in_progress",
    "any_GPU_process_running",
    "release_deepy_vram",
    "reset_prompt_enhancer",
    "reset_prompt_enhancer_if_requested",
    "release_extension_offloadobjs",
    "server_config",
)
"""A version that has not all of them leaves out the rest."""
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


def unload_guard() -> ContextManager[Any]:
    """Heeded by generation, prompt enhancer and whatever loads (since May 2026); before there was none."""
    try:
        module = importlib.import_module("shared.utils.model_unload")
    except ImportError:
        return nullcontext()
    guard: ContextManager[Any] = module.model_unload_guard()
    return guard


class GpuStatusPanelPlugin(WAN2GPPlugin):
    """The tab, and what its button frees."""

    def __init__(self) -> None:
        super().__init__()
        self.name = "GPU status"
        self.version = "0.1.0"
        self.description = "Live VRAM, how many more jobs fit, and a release that never breaks a running generation."
        self._running = 0
        self._counting = threading.Lock()
        self._blocks: Any = None

    def setup_ui(self) -> None:
        for name in GLOBALS:
            self.request_global(name)
        self.add_tab(tab_id="gpu_status_panel", label="GPU", component_constructor=self.create_tab)

    def create_tab(self) -> None:
        gr.HTML(
            f'<iframe src=".{PATH}/embed?view=full" title="GPU" style="width: 100%; height: 900px; border: 0"></iframe>'
        )
        self._count_generations()
        self._blocks = gr.context.Context.root_block
        threading.Thread(target=self._mount_when_launched, name="gpu-status-panel", daemon=True).start()

    def _count_generations(self) -> None:
        """The host's own flag is one for all sessions, and the first one that ends clears it under the others."""
        for name in GENERATORS:
            generate = getattr(self, name, None)
            if not callable(generate) or getattr(generate, "gpu_status_panel", False):
                continue

            # Its signature is read by the host, which a plain wrapper would hide.
            @functools.wraps(generate)
            def counted(*args: Any, _generate: Callable[..., Any] = generate, **kwargs: Any) -> Any:
                with self._counting:
                    self._running += 1
                try:
                    return _generate(*args, **kwargs)
                finally:
                    with self._counting:
                        self._running -= 1

            setattr(counted, "gpu_status_panel", True)
            self.set_global(name, counted)

    def _states(self) -> List[Dict[str, Any]]:
        """What each session keeps: the host's queue, and who has taken the GPU."""
        holder = getattr(getattr(self._blocks, "app", None), "state_holder", None)
        sessions = list(getattr(holder, "session_data", {}).values())
        values = [value for session in sessions for value in list(getattr(session, "state_data", {}).values())]
        return [value for value in values if isinstance(value, dict) and "gen" in value]

    def is_busy(self) -> bool:
        """Whether any session generates, enhances a prompt or has a plugin at work."""
        if self._running > 0 or self.is_generation_in_progress():
            return True
        asks = getattr(self, "any_GPU_process_running", None)
        return callable(asks) and any(asks(state, "gpu_status_panel") for state in self._states())

    def unload(self) -> None:
        """What the host's own button releases, while its guard keeps generations and loads from beginning."""
        with unload_guard():
            if self.is_busy():
                raise RuntimeError("a generation runs")
            for state in self._states():
                self._release("release_deepy_vram", state, clear_session_state=False, discard_runtime_snapshot=True)
            if self._enhances():
                self._release("reset_prompt_enhancer")
                self._release("reset_prompt_enhancer_if_requested")
            self._release("release_extension_offloadobjs")
            self.release_model()

    def _enhances(self) -> bool:
        config = getattr(self, "server_config", None)
        return isinstance(config, dict) and str(config.get("enhancer_enabled", 0)) not in ("0", "", "None")

    def _release(self, name: str, *args: Any, **kwargs: Any) -> None:
        """What a version of Wan2GP has not, it need not release; and one that fails keeps none of the others."""
        release = getattr(self, name, None)
        if not callable(release):
            return
        try:
            release(*args, **kwargs)
        except Exception as error:
            print(f"[GPU status] {name} failed: {type(error).__name__}: {error}")

    def _mount_when_launched(self) -> None:
        """Wan2GP launches its page itself, after the plugins have made theirs."""
        blocks = self._blocks
        until = time.monotonic() + LAUNCH_PATIENCE_S
        while not hasattr(getattr(blocks, "app", None), "router"):
            if time.monotonic() > until:
                return
            time.sleep(0.2)
        panel = load_panel()
        hook = panel.unload_hook(self.unload, busy=self.is_busy)
        # Wan2GP has no log-in: whoever may use it may unload its models, here as with its own button.
        panel.mount(blocks.app, PATH, hook=hook, allow_release=lambda scope: True)
