"""A pipeline that only pretends: it takes VRAM as the three kinds of demos do, and makes no video.

With PyTorch and a GPU the VRAM is real (a quarter of the models' size, or what ``DEMO_SCALE`` says); without them
nothing is taken and only time passes.
"""

from __future__ import annotations

import gc
import os
import threading
import time
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Optional

try:
    import torch
except ImportError:
    torch = None

MIB = 1024 * 1024


@dataclass(frozen=True)
class Model:
    """What a demo's model holds, MiB, and what its phases take on top of that."""

    profile: str
    resolution: str
    weights_mib: int
    phases: Dict[str, int]
    seconds: float


MODELS = {
    "TurboDiffusion · Wan2.1 1.3B": Model(
        "wan2.1-1.3b-t2v-480p-quant", "480p", 7500, {"text encoder": 1500, "sampling, 4 steps": 3000, "VAE decode": 4300}, 2.0
    ),
    "Wan2.1 1.3B": Model(
        "wan2.1-1.3b", "480p", 6000, {"text encoder": 500, "sampling, 50 steps": 1900, "VAE decode": 2300}, 5.0
    ),
    "CogVideoX 2B": Model(
        "cogvideox", "480p", 9800, {"text encoder": 900, "sampling, 50 steps": 2600, "VAE decode": 5000}, 4.0
    ),
}


class Pipeline:
    """Loads one model at a time, keeps it, and gives everything back on ``unload``."""

    def __init__(self, scale: Optional[float] = None, pace: float = 1.0) -> None:
        self._scale = float(os.environ.get("DEMO_SCALE", "0.25")) if scale is None else scale
        self._pace = pace
        self._lock = threading.Lock()
        self._weights: Any = None
        self.loaded: Optional[str] = None

    def _take(self, mib: int) -> Any:
        size = int(mib * self._scale * MIB)
        if torch is None or not torch.cuda.is_available():
            return None
        return torch.empty(size, dtype=torch.uint8, device="cuda")

    def generate(self, name: str, prompt: str, on_phase: Callable[[str, float], None] = lambda name, share: None) -> str:
        """Pretends to make a video; tells each phase with the share that is done."""
        model = MODELS[name]
        with self._lock:
            if self.loaded != name:
                on_phase("loading", 0.0)
                self._weights = None
                self._weights = self._take(model.weights_mib)
                self.loaded = name
            for index, (phase, mib) in enumerate(model.phases.items()):
                on_phase(phase, (index + 1) / (len(model.phases) + 1))
                activation = self._take(mib)
                time.sleep(model.seconds * self._pace / len(model.phases))
                del activation
        return f"{name} has made no video of “{prompt}”"

    def unload(self) -> Dict[str, List[str]]:
        """Drops every reference to the model. Emptying the cache is the hook's business."""
        with self._lock:
            gone = [self.loaded] if self.loaded else []
            self._weights, self.loaded = None, None
        gc.collect()
        return {"models": gone}
