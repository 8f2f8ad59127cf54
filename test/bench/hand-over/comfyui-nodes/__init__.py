"""A renderer inside a real ComfyUI on --cpu. What it holds of the bench's simulated card stands in a file, which the bench reads."""

import json
import os
import time
from pathlib import Path

import comfy.model_management
import torch

FOLDER = Path(os.environ["BENCH_FOLDER"])
RENDER_MIB = int(os.environ["BENCH_RENDER_MIB"])
LOAD_S = float(os.environ["BENCH_LOAD_S"])
CONTEXT_MIB = 400
MIB = 1024 * 1024
PARTS = 4


class Allocator:
    """PyTorch's as far as the pack asks it; the one of CUDA tells nothing on a machine without a GPU."""

    held = peak = CONTEXT_MIB
    works = False

    @classmethod
    def tell(cls):
        unfinished = FOLDER / "held.new"
        unfinished.write_text(json.dumps({"mib": cls.held, "works": cls.works}))
        unfinished.replace(FOLDER / "held.json")

    @classmethod
    def hold(cls, mib):
        cls.held, cls.peak = mib, max(cls.peak, mib)
        cls.tell()

    @classmethod
    def work(cls, works):
        cls.works = works
        cls.tell()


def stand_in():
    cuda = torch.cuda
    cuda.is_initialized = lambda: True
    cuda.device_count, cuda.current_device = lambda: 1, lambda: 0
    cuda.memory_allocated = cuda.memory_reserved = lambda device=0: Allocator.held * MIB
    cuda.max_memory_allocated = cuda.max_memory_reserved = lambda device=0: Allocator.peak * MIB
    cuda.reset_peak_memory_stats = lambda device=0: setattr(Allocator, "peak", Allocator.held)
    unload_all_models = comfy.model_management.unload_all_models

    def unload():
        unload_all_models()
        Allocator.hold(CONTEXT_MIB)

    comfy.model_management.unload_all_models = unload


stand_in()
Allocator.tell()


def wait(seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        comfy.model_management.throw_exception_if_processing_interrupted()
        if (FOLDER / "run-out").exists():
            (FOLDER / "run-out").unlink()
            Allocator.hold(CONTEXT_MIB)
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate more than the simulated card has.")
        time.sleep(0.01)


class Render:
    CATEGORY, FUNCTION, RETURN_TYPES, OUTPUT_NODE = "bench", "run", (), True

    @classmethod
    def INPUT_TYPES(cls):
        numbers = {"seconds": ("FLOAT", {"default": 1.0, "max": 3600.0}), "seed": ("INT", {"default": 0, "max": 1 << 32})}
        return {"required": {**numbers, "unet_name": ("STRING", {"default": ""}), "latent_image": ("LATENT",)}}

    def run(self, seconds, seed, unet_name, latent_image):
        began = time.time() * 1000
        Allocator.work(True)
        try:
            for part in range(1, PARTS + 1):
                if Allocator.held < RENDER_MIB:
                    wait(LOAD_S / PARTS)
                    Allocator.hold(max(Allocator.held, RENDER_MIB * part // PARTS))
            wait(seconds)
        finally:
            Allocator.work(False)
        return {"ui": {"began": [began]}}


NODE_CLASS_MAPPINGS = {"BenchRender": Render}
