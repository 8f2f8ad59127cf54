"""Two demos of one app, for test/hosts: Wan2.1's text-to-video form with a stubbed pipeline, and one with a log-in.

What is generated ends when there is a file named as the prompt, so that tests decide how long it takes.
"""

import asyncio
import os
import time

import gradio as gr
import torch
import uvicorn
from fastapi import FastAPI
from gpu_status_panel import current_job, job, mount

HERE = os.path.dirname(os.path.abspath(__file__))


class T5EncoderModel:
    def __init__(self):
        self.model = torch.nn.Module(1000).cuda()


class WanT2V:
    """The shape of wan.WanT2V: networks in attributes of plain objects, on the GPU from the start."""

    def __init__(self):
        self.text_encoder = T5EncoderModel()
        self.model = torch.nn.Module(3000).cuda()

    def generate(self, prompt, size, frame_num):
        if not (self.model.on_gpu and self.text_encoder.model.on_gpu):
            raise RuntimeError("Expected all tensors to be on the same device, but found cpu")
        activations = torch.empty(2000 * 2**20, device="cuda")
        current_job().phase("sampling")
        wait_for(prompt)
        del activations


def wait_for(name):
    while name.startswith("wait") and not os.path.exists(os.path.join(HERE, name)):
        time.sleep(0.02)


# As gradio/t2v_14B_singleGPU.py does: loaded once, and never again.
wan_t2v = WanT2V()


def t2v_generation(txt2vid_prompt, resolution, sd_steps, frames, seed):
    wan_t2v.generate(txt2vid_prompt, resolution, frames)
    return None


def stream(prompt):
    for _ in range(2):
        yield f"{current_job().id} of {prompt}"
    wait_for(prompt)
    yield f"{current_job().id} at the end"


async def later(prompt):
    while prompt.startswith("wait") and not os.path.exists(os.path.join(HERE, prompt)):
        await asyncio.sleep(0.02)
    return f"{current_job().id}"


def echo(text):
    return text


def takes(text):
    del text
    tensor = torch.empty(500 * 2**20, device="cuda")
    del tensor
    return str(current_job() is not None)


def own(text):
    with job(peak_mib=1000, label="mine"):
        return None


with gr.Blocks() as t2v:
    prompt = gr.Textbox(label="Prompt")
    resolution = gr.Dropdown(label="Resolution(Width*Height)", choices=["480*832", "720*1280"], value="480*832")
    steps = gr.Slider(label="Diffusion steps", minimum=1, maximum=1000, value=50, step=1)
    frames = gr.Number(label="Frames", value=81)
    seed = gr.Slider(label="Seed", minimum=-1, maximum=2147483647, step=1, value=-1)
    with gr.Row():
        run = gr.Button("Generate Video")
        other = gr.Button("Other")
    result = gr.Video(label="Generated Video")
    text = gr.Textbox(label="Text")
    image = gr.Image(label="Image")
    run.click(t2v_generation, [prompt, resolution, steps, frames, seed], [result], api_name="t2v", concurrency_limit=None)
    other.click(echo, prompt, text, api_name="echo", concurrency_limit=None)
    other.click(takes, prompt, text, api_name="takes")
    gr.Button("Own").click(own, prompt, image, api_name="own")
    gr.Button("Stream").click(stream, prompt, text, api_name="stream", concurrency_limit=None)
    gr.Button("Later").click(later, prompt, text, api_name="later", concurrency_limit=None)

with gr.Blocks() as private:
    gr.Button("Echo").click(echo, gr.Textbox(label="Prompt"), gr.Textbox(), api_name="echo")

app = FastAPI()
named = None if os.environ.get("LEARNS") else ["t2v_generation", "stream", later]
app = gr.mount_gradio_app(app, mount(t2v, park=lambda: [wan_t2v], functions=named, allow_release=True, fit=True), path="/t2v")
app = gr.mount_gradio_app(app, private, path="/private", auth=("ada", "secret"))
# After it was mounted.
mount(private)
uvicorn.run(app, host="127.0.0.1", port=int(os.environ["GRADIO_SERVER_PORT"]), log_level="warning")
