"""``job``: a ``with`` block, or a decorator of any kind of function."""

from __future__ import annotations

import functools
from typing import Any, Callable, Mapping, Optional, Sequence, Tuple, TypeVar, Union, cast

from ._jobs import CURRENT_JOB, Job
from ._report import JobSettings
from ._steps import steps_under
from ._threads import in_thread

Fn = TypeVar("Fn", bound=Callable[..., Any])
"""A function keeps its type under the decorator."""
OfCall = Callable[[Callable[..., Any], Any, Any], Mapping[str, Any]]
"""The signature of a call: of a function, its arguments and those by name."""
DECLARES = "__gpu_status_panel_job__"
"""Marks a function that declares its job by itself."""


class DeclaredJob:
    """What ``job`` returns: use it in ``with`` or ``async with``, or as a decorator of any kind of function."""

    def __init__(self, settings: JobSettings, of_call: Optional[OfCall] = None) -> None:
        self._settings = settings
        self._of_call = of_call
        self._entered: Optional[Job] = None

    def _make(self) -> Job:
        if self._entered is not None:
            raise RuntimeError("gpu_status_panel: this job is running; call job(…) anew for one beside it")
        return Job(self._settings)

    def __enter__(self) -> Job:
        made = self._make()
        give_way_to_this()
        made.admit()
        try:
            made.begin()
        except BaseException:
            # Interrupted while it waited for an unload: nobody else would give its room back.
            made.give_up()
            raise
        made.enter_context()
        self._entered = made
        return made

    def __exit__(self, kind: object, error: Optional[BaseException], trace: object) -> None:
        ending, self._entered = self._entered, None
        if ending is not None:
            ending.leave_context()
            ending.end(error)

    async def __aenter__(self) -> Job:
        made = self._make()

        def start() -> None:
            # It calls the sidecar, which must not hold the loop up.
            give_way_to_this()
            made.start()

        await in_thread(start, made.give_up)
        made.enter_context()
        self._entered = made
        return made

    async def __aexit__(self, kind: object, error: Optional[BaseException], trace: object) -> None:
        ending, self._entered = self._entered, None
        if ending is not None:
            ending.leave_context()
            await in_thread(lambda: ending.end(error))

    def __call__(self, fn: Fn) -> Fn:
        import inspect

        settings, of_call = self._settings, self._of_call
        if settings.label is None and settings.profile is None and not settings.query:
            settings = settings._replace(label=getattr(fn, "__name__", "job")[:120])

        def declared(args: Any, kwargs: Any) -> DeclaredJob:
            return DeclaredJob(settings if of_call is None else settings._replace(signature=of_call(fn, args, kwargs)))

        @functools.wraps(fn)
        async def async_generator(*args: Any, **kwargs: Any) -> Any:
            async with declared(args, kwargs):
                async for item in fn(*args, **kwargs):
                    yield item

        @functools.wraps(fn)
        async def coroutine(*args: Any, **kwargs: Any) -> Any:
            async with declared(args, kwargs):
                return await fn(*args, **kwargs)

        @functools.wraps(fn)
        def generator(*args: Any, **kwargs: Any) -> Any:
            with declared(args, kwargs) as running:
                return (yield from steps_under(running, fn(*args, **kwargs)))

        @functools.wraps(fn)
        def function(*args: Any, **kwargs: Any) -> Any:
            with declared(args, kwargs):
                return fn(*args, **kwargs)

        kinds: Tuple[Tuple[Callable[[Any], bool], Any], ...] = (
            (inspect.isasyncgenfunction, async_generator),
            (inspect.iscoroutinefunction, coroutine),
            (inspect.isgeneratorfunction, generator),
        )
        wrapped = next((made for is_kind, made in kinds if is_kind(fn)), function)
        setattr(wrapped, DECLARES, True)
        return cast(Fn, wrapped)


def give_way_to_this() -> None:
    outer = CURRENT_JOB.get()
    if outer is not None:
        outer.give_way()


def job(
    profile: Optional[str] = None,
    *,
    label: Optional[str] = None,
    peak_mib: Optional[int] = None,
    model: Optional[str] = None,
    task: Optional[str] = None,
    resolution: Optional[str] = None,
    frames: Optional[int] = None,
    steps: Optional[int] = None,
    quant: Optional[str] = None,
    offload: Optional[str] = None,
    gpus: Optional[int] = None,
    gpu_indexes: Union[None, str, Sequence[int]] = None,
    backend: Optional[str] = None,
    signature: Optional[Mapping[str, Any]] = None,
    wait: bool = True,
    max_wait: Optional[float] = None,
    on_wait: Optional[Callable[[int, str], None]] = None,
    ttl: int = 60,
    if_refused: str = "raise",
    url: Optional[str] = None,
    token: Optional[str] = None,
) -> DeclaredJob:
    """Declares a job, and waits until the VRAM that it needs is free.

    ::

        with job("wan2.1-1.3b-t2v-480p-quant", resolution="480p") as j:
            j.phase("sampling")
            pipe(prompt)

        @job(peak_mib=14_000)
        def generate(prompt): ...        # also async functions and generators

    What it needs comes from ``peak_mib``, else from the profile with the id ``profile``, else from the heaviest
    profile that fits ``profile`` as a model's name and the settings ``task``, ``resolution`` ("480p", "832x480"),
    ``frames``, ``steps``, ``quant``, ``offload``. ``signature`` beside or in place of them is what its peaks are learned
    under: ``{"host": "my-app", "kind": "upscale", "width": 1024, "height": 1024}``.

    ``gpus``: how many it needs at once; ``gpu_indexes``: which it may use, as nvidia-smi numbers them. By default the
    GPUs on which this process would run anyway; with ``"any"`` the sidecar chooses, and the job must run on
    ``j.device``. Ranks that torchrun has started are one job on as many GPUs.

    ``wait=False`` raises ``JobRefused`` instead of waiting, ``max_wait`` seconds raise ``JobTimeout``; ``on_wait`` is
    called with the place in the queue and the reason every few seconds. A job that can never fit raises
    ``JobRefused``, an unknown profile ``UnknownProfile``: with ``if_refused="run"`` both only warn. Without the
    sidecar the job runs at once, after one warning. ``ttl``: seconds after which the room of a killed process is free.
    """
    if if_refused not in ("raise", "run"):
        raise ValueError('gpu_status_panel: if_refused is "raise" or "run"')
    if isinstance(gpu_indexes, str) and gpu_indexes != "any":
        raise ValueError('gpu_status_panel: gpu_indexes is a list of indexes or "any"')
    if not 5 <= ttl <= 3600:
        raise ValueError("gpu_status_panel: ttl is 5 to 3600 seconds")
    query = {"model": model, "task": task, "resolution": resolution, "frames": frames, "steps": steps, "quant": quant, "offload": offload}
    given = {key: str(value) for key, value in query.items() if value is not None}
    if profile is None and not given and peak_mib is None and signature is None:
        raise ValueError("gpu_status_panel: job needs a profile, a model, a signature or peak_mib=…")
    return DeclaredJob(
        JobSettings(profile, label, peak_mib, given, gpus, gpu_indexes, backend, wait, max_wait, on_wait, int(ttl), if_refused, url, token, signature)
    )
