"""``mount``: the panel under an app's path."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, NamedTuple, Optional, Protocol, Sequence, Tuple, TypedDict, TypeVar, Union, overload

from ._asgi import attach, attach_kind, is_demo, mount_path_of
from ._base import warn_once

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._gradio_choice import Functions
    from ._hook import UnloadHook
    from ._permission import Decision
    from ._proxy import PanelProxy

App = TypeVar("App")
Hook = Union[None, "UnloadHook[Any]", Callable[..., Any]]


class GradioOptions(NamedTuple):
    """What ``mount`` was given for a demo."""

    watch: bool
    functions: Functions
    park: Optional[Callable[[], Iterable[Any]]]
    fit: bool
    frame: bool


def panel_app(
    path: str = "/gpu",
    *,
    hook: Hook = None,
    label: Optional[str] = None,
    url: Optional[str] = None,
    token: Optional[str] = None,
    command: Union[None, str, Sequence[str]] = None,
    start: bool = True,
    allow_view: Decision = True,
    allow_release: Decision = False,
    allow_origin: Sequence[str] = (),
    env: Optional[Dict[str, str]] = None,
    backend: Optional[Tuple[str, str]] = None,
    own: Optional[Dict[str, bytes]] = None,
) -> PanelProxy:
    """The panel as an ASGI app of its own, for hosts that ``mount`` does not know; what it takes is told there.

    ``backend``: kind and address of this program, where the sidecar knows programs of its kind (``("comfyui", "http://…")``)
    and needs no ``hook``. ``own``: scripts that are served beside the panel, by their names.
    """
    import atexit
    import shlex

    from ._api import Sidecar
    from ._hook import UnloadHook
    from ._launch import Launcher
    from ._permission import Permission, authority_of
    from ._proxy import PanelProxy
    from ._unload_hook import unload_hook

    place = mount_path_of(path)
    for origin in allow_origin:
        if origin != "*" and not authority_of(origin):
            raise ValueError(f"gpu_status_panel: {origin!r} is no origin; one looks like https://demo.example")
    known: Optional[UnloadHook[Any]] = None
    if hook is not None:
        known = hook if isinstance(hook, UnloadHook) else unload_hook(hook)
        known.serve(None)
    words = shlex.split(command, posix=os.name == "posix") if isinstance(command, str) else command
    launcher = Launcher(Sidecar(url, token), words, start, dict(env or {}), allow_origin, known, label or (backend[0] if backend else app_label(place)), backend)
    atexit.register(launcher.close)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=launcher.forget)
    if allow_release is not False and known is None and backend is None:
        warn_once("release", "the page of %s has nothing of its own to release, and may not release other programs: mount(…, hook=…)", launcher.label)
    launcher.ensure()
    return PanelProxy(launcher, place, Permission(allow_view, allow_release, allow_origin), own)


class GradioDemo(Protocol):
    """``gr.Blocks`` and what is made of it, as far as it is asked for."""

    @property
    def launch(self) -> Any: ...
    @property
    def queue(self) -> Any: ...


Demo = TypeVar("Demo", bound=GradioDemo)


class PanelOptions(TypedDict, total=False):
    """What ``mount`` takes by name for any app, as type checkers know it."""

    hook: Hook
    label: Optional[str]
    url: Optional[str]
    token: Optional[str]
    command: Union[None, str, Sequence[str]]
    start: bool
    allow_view: Decision
    allow_release: Optional[Decision]
    allow_origin: Sequence[str]
    env: Optional[Dict[str, str]]


class DemoOptions(PanelOptions, total=False):
    """And for a Gradio demo."""

    watch: bool
    functions: Functions
    park: Optional[Callable[[], Iterable[Any]]]
    fit: bool
    frame: bool


@overload
def mount(app: Demo, path: Optional[str] = ..., **options: Unpack[DemoOptions]) -> Demo: ...
@overload
def mount(app: App, path: Optional[str] = ..., **options: Unpack[PanelOptions]) -> App: ...
def mount(
    app: Any,
    path: Optional[str] = None,
    *,
    hook: Hook = None,
    label: Optional[str] = None,
    url: Optional[str] = None,
    token: Optional[str] = None,
    command: Union[None, str, Sequence[str]] = None,
    start: bool = True,
    allow_view: Decision = True,
    allow_release: Optional[Decision] = None,
    allow_origin: Sequence[str] = (),
    env: Optional[Dict[str, str]] = None,
    watch: bool = True,
    functions: Functions = None,
    park: Optional[Callable[[], Iterable[Any]]] = None,
    fit: bool = False,
    frame: bool = True,
) -> Any:
    """Puts the panel under ``path`` of an app, on the app's own port, and returns the app.

    ::

        mount(demo)                           # Gradio, before or after its launch: the panel stands in the page
        app = mount(app)                      # others: http://…/gpu/ and <iframe src="/gpu/embed?view=compact">

    ``app`` is a Gradio demo, a FastAPI or Starlette app (routes are added to it), or any ASGI app (then serve what is
    returned).

    The options, all by name:

    * ``url``: a sidecar that answers there (``GPU_PANEL_URL``, else http://127.0.0.1:7870/) is used; otherwise one is
      started, with ``command`` (``GPU_PANEL_COMMAND``, else the package's own) and ``env`` beside the environment. All
      apps of this machine share it; it ends ten seconds after the last of them. ``start=False``: none is started.
    * ``hook``: the function that unloads your models, or what ``unload_hook`` made of it. The sidecar is told of it, and
      the Release button of this app's page releases it alone; workers of one app count as one.
    * ``label``: what the panel calls it, the program's name by default.
    * ``allow_release``: visitors may look and not release. With ``True`` pages of the app itself may release its ``hook``
      and nothing else: what proves their right is added here, no visitor sees the token. Where visitors come by a name such as demo.example, name it in
      ``allow_origin=["https://demo.example"]``.
    * ``allow_view``: who may look. The log-in of a Gradio demo decides both by itself: who has logged in may look and
      release, unless one is ``False``. That of another app does not guard mounted paths. Both take a function of the
      ASGI scope, also an async one.
    * ``allow_origin``: origins of other pages that may embed the panel and connect.
    * ``token``: that of a sidecar which runs already, ``GPU_PANEL_TOKEN`` by default.

    Of a Gradio demo alone, where ``path`` is ``/gradio_api/gpu`` unless told otherwise:

    * ``watch``, ``functions``, ``park``: what it runs is declared as jobs, see ``watch``. ``park=lambda: [pipe]`` makes
      the Release button work without a ``hook``; without either it empties the allocator's cache.
    * ``fit``: a line below each button that starts such a job says whether it fits.
    * ``frame``: whether the panel is appended to the page, or stands where ``mount`` is called inside the ``with`` block.
    """
    options: Dict[str, Any] = {
        "label": label,
        "url": url,
        "token": token,
        "command": command,
        "start": start,
        "allow_origin": allow_origin,
        "env": env,
    }
    if is_demo(app):
        from ._gradio_mount import mount_demo

        mount_demo(app, path, options, hook, (allow_view, allow_release), GradioOptions(watch, functions, park, fit, frame))
        return app
    place = mount_path_of("/gpu" if path is None else path)
    checked = attach_kind(app)
    endpoint = panel_app(place, hook=hook, allow_view=allow_view, allow_release=allow_release or False, **options)
    return attach(checked, place, endpoint, "gpu-status-panel")


def app_label(place: str) -> str:
    """What this program is called where it gives itself no name: its file, or what a server was told to run."""
    import sys

    words = [os.path.basename(word) for word in sys.argv[:2] if word and not word.startswith("-")]
    servers = ("uvicorn", "gunicorn", "hypercorn", "__main__.py")
    names = [word for word in words if word.lower().replace(".exe", "") not in servers]
    name = (names[0] if names else "app").split(":")[0]
    return (name[:-3] if name.endswith(".py") else name)[:60] or place
