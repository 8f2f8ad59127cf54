"""A real Gradio demo with the README's line, whose pipelines are played on the bench's card."""

import os
import sys
import types

from card import OutOfMemoryError, Program

program = Program()
torch = types.ModuleType("torch")
torch.cuda = types.ModuleType("torch.cuda")
torch.OutOfMemoryError = torch.cuda.OutOfMemoryError = OutOfMemoryError
sys.modules["torch"], sys.modules["torch.cuda"] = torch, torch.cuda
program.stand_in(torch.cuda)

import gradio as gr  # noqa: E402
from gpu_status_panel import mount  # noqa: E402


def video(prompt, model, width, height, frames, steps):
    program.run(prompt)
    return None


def image(prompt, model, width, height, steps):
    program.run(prompt)
    return None


with gr.Blocks() as demo:
    prompt, model = gr.Textbox(label="Prompt"), gr.Textbox(label="Model")
    width, height, frames, steps = (gr.Number(label=name, precision=0) for name in ("Width", "Height", "Frames", "Steps"))
    gr.Button("Video").click(video, [prompt, model, width, height, frames, steps], gr.Video(), api_name="video", concurrency_limit=None)
    gr.Button("Image").click(image, [prompt, model, width, height, steps], gr.Image(), api_name="image", concurrency_limit=None)

mount(demo, hook=program.unload, allow_release=True)
demo.launch(server_port=int(os.environ["GRADIO_SERVER_PORT"]))
