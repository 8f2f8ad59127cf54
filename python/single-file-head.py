"""GPU status panel for Python WebUIs: one file, standard library only, Python 3.9 or newer.

Made of the modules of the package ``gpu-status-panel``, for those who copy. Put it beside your app. Three things are in
it, each works without the others:

* ``mount(app)`` puts the panel under ``/gpu`` of a FastAPI, Starlette or Gradio app, so that one port serves both.
* ``unload_hook(fn)`` lets the panel's "Release VRAM" button call ``fn``, and tells the allocator's figures.
* ``job("wan2.1-1.3b-t2v-480p-quant")`` declares a job, as a ``with`` block or a decorator: it waits until the VRAM it
  needs is free, and tells its phases, its peak and how it ended.

The sidecar (https://www.npmjs.com/package/gpu-status-panel) samples nvidia-smi; nothing here touches the GPU.
PyTorch and TensorFlow are used only if your app has imported them. When the sidecar is down, jobs run without it.
"""
