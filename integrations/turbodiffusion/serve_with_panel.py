"""TurboDiffusion's interactive server with the GPU status panel: the same program with the same flags.

TurboDiffusion keeps network, VAE and the umT5 encoder on the GPU for as long as it runs, about 11 GB of it for the
encoder alone, and has no way to let go of them. Here "Release VRAM" moves network and VAE to host memory and drops the
encoder, between prompts and never during one; the next prompt brings them back.

One flag more: ``--release-after SECONDS`` lets go by itself when no prompt has come for so long.
"""

from __future__ import annotations

import importlib
import sys
import threading
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))

from gpu_status_panel import current_job, job, panel_app, unload_hook  # noqa: E402

NETWORKS = ("net", "high_noise_model", "low_noise_model")
# The profile of a model that TurboDiffusion names otherwise.
PROFILES = {"Wan2.2-A14B": "wan2.2-i2v-a14b"}


def import_server(name: str) -> Any:
    """A module of TurboDiffusion, from a checkout with PYTHONPATH=turbodiffusion or installed."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name.split(".")[0]:
            raise
        return importlib.import_module(f"turbodiffusion.{name}")


def move(holder: Any, device: str, depth: int = 3) -> None:
    """Moves the network inside: TurboDiffusion's VAE is a module within two objects that are none."""
    method = getattr(holder, device, None)
    if callable(method):
        method()
    elif depth > 0 and getattr(holder, "model", None) is not None:
        move(holder.model, device, depth - 1)


class Residents:
    """What TurboDiffusion keeps on the GPU."""

    def __init__(self) -> None:
        self.models: Dict[str, Any] = {}
        self.away = False

    def names(self) -> List[str]:
        return [] if self.away else list(self.models)

    def unload(self) -> Dict[str, List[str]]:
        gone = self.names()
        for name in NETWORKS:
            if name in self.models:
                self.models[name].cpu()
        if "tokenizer" in self.models:
            move(self.models["tokenizer"], "cpu")
        # A global of the module, which the server by design never clears.
        importlib.import_module("rcm.utils.umt5").clear_umt5_memory()
        self.away = True
        return {"models": [*gone, "umt5"]}

    def bring_back(self) -> None:
        """The encoder loads itself; of two networks TurboDiffusion puts each on the GPU when its turn comes."""
        if not self.away:
            return
        self.away = False
        if "net" in self.models:
            self.models["net"].cuda()
        if "tokenizer" in self.models:
            move(self.models["tokenizer"], "cuda")


class IdleTimer:
    """Calls ``act`` when nothing has happened for so many seconds."""

    def __init__(self, seconds: Optional[float], act: Callable[[], Any]) -> None:
        self._seconds, self._act = seconds, act
        self._timer: Optional[threading.Timer] = None

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def restart(self) -> None:
        self.stop()
        if self._seconds is not None:
            self._timer = threading.Timer(self._seconds, self._act)
            self._timer.daemon = True
            self._timer.start()


def tell(phase: str) -> None:
    running = current_job()
    if running is not None:
        running.phase(phase)


def with_phase(fn: Callable[..., Any], before: str, after: Optional[str] = None) -> Callable[..., Any]:
    def told(*args: Any, **kwargs: Any) -> Any:
        tell(before)
        result = fn(*args, **kwargs)
        if after is not None:
            tell(after)
        return result

    return told


def signature_of(args: Any) -> Dict[str, Any]:
    """What of the server's settings changes a prompt's peak, under which its peaks are learned. Nothing is guessed."""
    mode = str(getattr(args, "mode", "t2v"))
    paths = [getattr(args, name, None) for name in ("dit_path", "high_noise_model_path", "low_noise_model_path")]
    files = [Path(str(path)).name[:200] for path in paths if path]
    width, height = size_of(args)
    options: Dict[str, Any] = {"quant": bool(getattr(args, "quant_linear", False))}
    attention, resolution = getattr(args, "attention_type", None), getattr(args, "resolution", None)
    if attention:
        options["attention"] = str(attention)
    if width is None and resolution:
        # Each picture has a size of its own then, of about as many pixels.
        options["resolution"] = str(resolution)
    return {
        "host": "turbodiffusion",
        "kind": mode,
        "models": files or [str(getattr(args, "model", None) or "Wan2.1-1.3B")],
        "width": width,
        "height": height,
        "frames": getattr(args, "num_frames", None),
        "batch": getattr(args, "num_samples", None),
        "steps": getattr(args, "num_steps", None),
        "options": options,
    }


def size_of(args: Any) -> Tuple[Optional[int], Optional[int]]:
    if getattr(args, "adaptive_resolution", False) and getattr(args, "mode", None) == "i2v":
        return None, None
    try:
        sizes = import_server("rcm.datasets.utils").VIDEO_RES_SIZE_INFO
        width, height = sizes[args.resolution][args.aspect_ratio]
    except (ImportError, AttributeError, KeyError, TypeError, ValueError):
        return None, None
    return int(width), int(height)


def take_flag(arguments: List[str]) -> Optional[float]:
    """Takes our own flag out of the command line."""
    if "--release-after" not in arguments:
        return None
    place = arguments.index("--release-after")
    try:
        seconds = float(arguments[place + 1])
    except (IndexError, ValueError):
        sys.exit("--release-after takes a number of seconds")
    del arguments[place : place + 2]
    return seconds


def main() -> None:
    seconds = take_flag(sys.argv)
    residents = Residents()
    hook = unload_hook(residents.unload, models=residents.names)
    idle = IdleTimer(seconds, lambda: hook.unload("auto"))
    tui, pipeline = import_server("serve.tui"), import_server("serve.pipeline")

    def with_models(load: Callable[..., Any]) -> Callable[..., Any]:
        def loaded(args: Any) -> Any:
            residents.models = load(args)
            models = residents.models
            models["tokenizer"].decode = with_phase(models["tokenizer"].decode, "VAE decode")
            if "low_noise_model" in models:
                models["high_noise_model"].cuda = with_phase(models["high_noise_model"].cuda, "high-noise model")
                models["low_noise_model"].cuda = with_phase(models["low_noise_model"].cuda, "low-noise model")
            idle.restart()
            return models

        return loaded

    def as_job(generate: Callable[..., Any]) -> Callable[..., Any]:
        def generated(models: Any, args: Any, *rest: Any, **kwargs: Any) -> Any:
            name = str(getattr(args, "model", "Wan2.1-1.3B"))
            quant = "quant_linear" if getattr(args, "quant_linear", False) else None
            settings = {} if name in PROFILES else {"resolution": getattr(args, "resolution", None), "quant": quant}
            idle.stop()
            try:
                with job(PROFILES.get(name, name), label=f"TurboDiffusion {name}", signature=signature_of(args), if_refused="run", **settings):
                    residents.bring_back()
                    return generate(models, args, *rest, **kwargs)
            finally:
                idle.restart()

        return generated

    pipeline.get_umt5_embedding = with_phase(pipeline.get_umt5_embedding, "text encoder", "sampling")
    for name, wrap in (("load_models", with_models), ("generate_t2v", as_job), ("generate_i2v", as_job)):
        wrapped = wrap(getattr(pipeline, name))
        for module in (pipeline, tui):
            if hasattr(module, name):
                setattr(module, name, wrapped)

    print(f"GPU status panel: {panel_app(hook=hook).link}", flush=True)
    tui.main()


if __name__ == "__main__":
    main()
