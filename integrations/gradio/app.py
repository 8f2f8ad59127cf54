"""A small Gradio app with the GPU status panel on its own port: a demo in the manner of TurboDiffusion, Wan2.1 and CogVideoX.

Start it with ``python app.py``; the panel is beside the form, and alone under /gradio_api/gpu/.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))

from gpu_status_panel import job, mount, unload_hook  # noqa: E402
from pipeline import MODELS, Pipeline  # noqa: E402


def build(pipeline: Pipeline) -> Any:
    """The form, and the panel in a column of its own."""
    import gradio as gr

    def generate(name: str, prompt: str, progress: Any = gr.Progress()) -> str:
        model = MODELS[name]
        # Waits here until the VRAM is free; others that use the panel are counted in.
        with job(model.profile, resolution=model.resolution, label=prompt[:60] or name) as running:

            def on_phase(phase: str, share: float) -> None:
                running.phase(phase)
                progress(share, desc=phase)

            return pipeline.generate(name, prompt, on_phase)

    with gr.Blocks(title="Video demo") as demo:
        with gr.Row():
            with gr.Column(scale=2):
                name = gr.Dropdown(list(MODELS), value=next(iter(MODELS)), label="Model")
                prompt = gr.Textbox(label="Prompt", value="A fox runs through snow")
                start = gr.Button("Generate")
                result = gr.Textbox(label="Result")
            with gr.Column(scale=1):
                # Here the panel comes, and all that belongs to it.
                mount(demo, hook=unload_hook(pipeline.unload, models=lambda: [pipeline.loaded] if pipeline.loaded else []), allow_release=True)
        start.click(generate, [name, prompt], result, api_name="generate", concurrency_limit=4)
    return demo


if __name__ == "__main__":
    build(Pipeline()).launch()
