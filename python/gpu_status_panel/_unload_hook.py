"""``unload_hook``: a function that the panel's button calls."""

from __future__ import annotations

import functools
from typing import Any, Callable, Iterable, Optional, Union, overload

from ._asgi import attach, attach_kind, mount_path_of
from ._base import Receive, Scope, Send
from ._hook import Unload, UnloadHook


@overload
def unload_hook(
    fn: Unload,
    *,
    app: Any = ...,
    path: str = ...,
    port: Optional[int] = ...,
    interrupt: Optional[Callable[[], Any]] = ...,
    busy: Optional[Callable[[], Optional[bool]]] = ...,
    queue: Optional[Callable[[], Optional[int]]] = ...,
    models: Union[None, Callable[[], Iterable[Any]], Iterable[Any]] = ...,
    secret: Optional[str] = ...,
) -> UnloadHook[Unload]: ...
@overload
def unload_hook(
    fn: None = None,
    *,
    app: Any = ...,
    path: str = ...,
    port: Optional[int] = ...,
    interrupt: Optional[Callable[[], Any]] = ...,
    busy: Optional[Callable[[], Optional[bool]]] = ...,
    queue: Optional[Callable[[], Optional[int]]] = ...,
    models: Union[None, Callable[[], Iterable[Any]], Iterable[Any]] = ...,
    secret: Optional[str] = ...,
) -> Callable[[Unload], UnloadHook[Unload]]: ...
def unload_hook(
    fn: Optional[Callable[..., Any]] = None,
    *,
    app: Any = None,
    path: str = "/gpu-unload",
    port: Optional[int] = None,
    interrupt: Optional[Callable[[], Any]] = None,
    busy: Optional[Callable[[], Optional[bool]]] = None,
    queue: Optional[Callable[[], Optional[int]]] = None,
    models: Union[None, Callable[[], Iterable[Any]], Iterable[Any]] = None,
    secret: Optional[str] = None,
) -> Any:
    """Lets the panel's "Release VRAM" button call ``fn``, which drops every reference to the models.

    ::

        @unload_hook                        # on http://127.0.0.1:7871/unload
        def free(): state.pipe = None

        unload_hook(free, app=app)          # on /gpu-unload of the app
        mount(app, hook=free)               # both: the panel, and its button knows the hook

    Afterwards the caches of PyTorch are emptied. A ``job`` of this process is never unloaded under its feet: while one
    runs the hook answers that it is busy, and the next job waits for an unload to end. Apps that do not use ``job``
    give ``busy``, ``queue`` (callables) and better take the lock of their generation in ``fn``. ``fn`` may take
    ``mode`` (auto, now, after-current, interrupt), be async, and return ``{"freed_mib": …, "models": […]}``.
    ``models``: names of what is loaded, or ``{"name": …, "used_mib": …}``, or a callable that tells.

    Only programs of this machine may call it, unless ``secret`` is set: then whoever sends it in the header
    ``X-Gpu-Panel-Secret``. Behind a reverse proxy on the same machine set one, or keep ``path`` out of the proxy.
    """
    if fn is None:
        return functools.partial(
            unload_hook, app=app, path=path, port=port, interrupt=interrupt, busy=busy, queue=queue, models=models, secret=secret
        )
    if not callable(fn):
        raise TypeError("gpu_status_panel: unload_hook takes the function that unloads the models")
    made = UnloadHook(fn, interrupt=interrupt, busy=busy, queue=queue, models=models, secret=secret)
    if app is None:
        made.serve(port)
    else:
        place = mount_path_of(path)

        async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
            await made.asgi(scope, receive, send, place)

        attach(attach_kind(app), place, endpoint, "gpu-status-panel-unload", endpoint)
    return made
