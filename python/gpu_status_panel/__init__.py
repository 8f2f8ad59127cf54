"""GPU status panel for Python WebUIs: the panel on your app's port, its Release button, and jobs that wait for VRAM.

Three things are in it, each works without the others:

* ``mount(app)`` puts the panel under ``/gpu`` of a FastAPI, Starlette or Gradio app, so that one port serves both.
* ``unload_hook(fn)`` lets the panel's "Release VRAM" button call ``fn``, and tells the allocator's figures.
* ``job("wan2.1-1.3b-t2v-480p-quant")`` declares a job, as a ``with`` block or a decorator: it waits until the VRAM it
  needs is free, and tells its phases, its peak and how it ended.

``limit("comfyui")`` is how many jobs may run at once in a backend now, for a queue that obeys. The sidecar that samples nvidia-smi is in the package; nothing here touches the GPU. PyTorch and TensorFlow are used only
if your app has imported them. When the sidecar is down, jobs run without it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, List

if TYPE_CHECKING:
    from ._allocator import allocator_figures as allocator_figures, empty_caches as empty_caches
    from ._base import __version__ as __version__
    from ._declare import job as job
    from ._gradio_watch import watch as watch
    from ._hook import UnloadHook as UnloadHook
    from ._jobs import Job as Job, current_job as current_job
    from ._limit import limit as limit
    from ._mount import mount as mount, panel_app as panel_app
    from ._report import JobError as JobError, JobRefused as JobRefused, JobReport as JobReport
    from ._report import JobTimeout as JobTimeout, UnknownProfile as UnknownProfile
    from ._unload_hook import unload_hook as unload_hook
    from ._running import RunningJob as RunningJob, RunningJobs as RunningJobs
    from ._watch_torch import watch_torch as watch_torch

__all__ = [
    "Job",
    "JobError",
    "JobRefused",
    "JobReport",
    "JobTimeout",
    "RunningJob",
    "RunningJobs",
    "UnknownProfile",
    "UnloadHook",
    "allocator_figures",
    "current_job",
    "empty_caches",
    "job",
    "limit",
    "mount",
    "panel_app",
    "unload_hook",
    "watch",
    "watch_torch",
]

# What stands where: a host that only declares jobs does not load the proxy.
_HOMES = {
    "Job": "_jobs",
    "__version__": "_base",
    # For the packs of hosts.
    "Sidecar": "_api",
    "job_around": "_within",
    "Unreachable": "_api",
    "begin_peak": "_allocator",
    "is_out_of_vram": "_allocator",
    "loaded_torch": "_allocator",
    "peaks": "_allocator",
    "allocator_figures": "_allocator",
    "current_job": "_jobs",
    "empty_caches": "_allocator",
    "job": "_declare",
    "limit": "_limit",
    "UnloadHook": "_hook",
    "unload_hook": "_unload_hook",
    "RunningJob": "_running",
    "RunningJobs": "_running",
    "mount": "_mount",
    "panel_app": "_mount",
    "watch": "_gradio_watch",
    "watch_torch": "_watch_torch",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name, "_report" if name in __all__ else None)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(importlib.import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> List[str]:
    return sorted({*globals(), *__all__, "__version__"})
