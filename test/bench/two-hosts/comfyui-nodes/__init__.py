"""A sampler for a real ComfyUI on --cpu, played on the bench's card."""

import os
import sys

import comfy.model_management
import torch

sys.path.insert(0, os.environ["CARD_MODULE"])
from card import Program  # noqa: E402

program = Program()
program.stand_in(torch.cuda)
unload_all_models = comfy.model_management.unload_all_models


def unload():
    unload_all_models()
    program.unload()


comfy.model_management.unload_all_models = unload


class Sampler:
    CATEGORY, FUNCTION, RETURN_TYPES = "bench", "run", ("LATENT",)

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"job": ("STRING", {"default": ""}), "steps": ("INT", {"default": 30, "max": 1000}), "unet_name": ("STRING", {"default": ""}), "latent_image": ("LATENT",)}}

    def run(self, job, steps, unet_name, latent_image):
        program.run(job, torch.OutOfMemoryError)
        return (latent_image,)


class Show:
    CATEGORY, FUNCTION, RETURN_TYPES, OUTPUT_NODE = "bench", "run", (), True

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"samples": ("LATENT",)}}

    def run(self, samples):
        return {}


NODE_CLASS_MAPPINGS = {"BenchSampler": Sampler, "BenchShow": Show}
