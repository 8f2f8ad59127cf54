"""Nodes for tests inside a real ComfyUI: they take time, fail and hold VRAM of a stand-in allocator (ComfyUI runs on --cpu)."""

import sys
import time

import torch

MIB = 1024 * 1024


class Allocator:
    """PyTorch's allocator as far as the pack asks it; the one of CUDA tells nothing on a machine without a GPU."""

    reserved = peak = 1000 * MIB


def stand_in():
    cuda = torch.cuda
    cuda.is_initialized = lambda: True
    cuda.device_count = lambda: 1
    cuda.current_device = lambda: 0
    cuda.memory_allocated = cuda.memory_reserved = lambda device=0: Allocator.reserved
    cuda.max_memory_allocated = cuda.max_memory_reserved = lambda device=0: Allocator.peak
    cuda.reset_peak_memory_stats = lambda device=0: setattr(Allocator, "peak", Allocator.reserved)


stand_in()


def add_routes():
    """What the pack would declare as a job of a prompt, without running it."""
    from aiohttp import web
    from server import PromptServer

    @PromptServer.instance.routes.post("/test/described")
    async def described(request):
        host = next(module for name, module in list(sys.modules.items()) if name.endswith("gpu-status-panel.host"))
        answers = []
        for prompt in await request.json():
            found = host.describe_prompt(prompt, None)
            answers.append({"signature": found.signature, "unknown": {name: one._asdict() for name, one in found.unknown.items()}, "models": found.models})
        return web.json_response(answers)


add_routes()


class Work:
    CATEGORY, FUNCTION, RETURN_TYPES = "test", "run", ("LATENT",)

    @classmethod
    def INPUT_TYPES(cls):
        numbers = {"seconds": ("FLOAT", {"default": 0.0}), "mib": ("INT", {"default": 0, "max": 1_000_000}), "seed": ("INT", {"default": 0, "max": 1 << 32})}
        texts = {"fail": ("STRING", {"default": ""}), "unet_name": ("STRING", {"default": "wan_fp16.safetensors"})}
        return {"required": {**numbers, **texts}, "optional": {"after": ("*",)}}

    def run(self, seconds, mib, seed, fail, unet_name, after=None):
        import comfy.model_management

        Allocator.peak = max(Allocator.peak, mib * MIB)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            comfy.model_management.throw_exception_if_processing_interrupted()
            time.sleep(0.01)
        if fail == "memory":
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        if fail:
            raise ValueError(fail)
        return (object(),)


class Ask:
    """Calls another program, as a node does that asks a language model."""

    CATEGORY, FUNCTION, RETURN_TYPES = "test", "run", ("STRING",)

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"url": ("STRING", {"default": ""}), "what": ("*",)}}

    @classmethod
    def VALIDATE_INPUTS(cls, input_types):
        return True

    def run(self, url, what):
        import urllib.request

        with urllib.request.urlopen(url, timeout=120) as answer:
            return (answer.read().decode(),)


class Show:
    CATEGORY, FUNCTION, RETURN_TYPES, OUTPUT_NODE = "test", "run", (), True

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"what": ("*",)}}

    @classmethod
    def VALIDATE_INPUTS(cls, input_types):
        return True

    def run(self, what):
        return {}


NODE_CLASS_MAPPINGS = {"TestLoader": type("TestLoader", (Work,), {"RETURN_TYPES": ("MODEL",)}), "TestSampler": Work, "TestDecoder": type("TestDecoder", (Work,), {}), "TestShow": Show, "TestAsk": Ask}
