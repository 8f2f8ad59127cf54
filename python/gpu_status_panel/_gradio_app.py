"""The apps in which Gradio serves a demo, and their log-in."""

from __future__ import annotations

import contextlib
import functools
import gc
import sys
from typing import Any, Callable, Iterator, List, Union

from ._asgi import attach
from ._base import ASGIApp, Scope, log


ENDPOINT = "_gpu_status_panel"
"""The attribute of a demo that holds what is attached to each of its apps."""


def attach_to_demo(demo: Any, place: str, endpoint: ASGIApp) -> None:
    """Puts the panel into every app in which Gradio serves this demo: those that are there, and those to come."""
    setattr(demo, ENDPOINT, (place, endpoint))
    kind = app_class()
    follow_new_apps(kind)
    for app in apps_of(demo, kind):
        attach(app, place, endpoint, "gpu-status-panel")


def app_class() -> Any:
    """``gradio.routes.App``: what was imported already, as there is a demo."""
    import importlib

    return importlib.import_module("gradio.routes").App


def apps_of(demo: Any, kind: Any) -> List[Any]:
    """Apps that serve the demo. Gradio keeps a reference to the one that it launched, and none to mounted ones."""
    return [one for one in gc.get_objects() if type(one) is kind and getattr(one, "blocks", None) is demo]


def follow_new_apps(kind: Any) -> None:
    make = kind.create_app
    if hasattr(make, ENDPOINT):
        return

    @functools.wraps(make)
    def create_app(*args: Any, **kwargs: Any) -> Any:
        app = make(*args, **kwargs)
        blocks = args[0] if args else kwargs.get("blocks")
        known = getattr(blocks, ENDPOINT, None)
        if known is not None:
            place, endpoint = known
            attach(app, place, endpoint, "gpu-status-panel")
        return app

    setattr(create_app, ENDPOINT, True)
    kind.create_app = staticmethod(create_app)


class ByLogIn:
    """Whoever has logged in to the demo; where it has no log-in, what is said here."""

    def __init__(self, without: bool) -> None:
        self._without = without

    def decision_for(self, scope: Scope) -> Union[bool, Callable[[Scope], Any]]:
        app = scope.get("app")
        has_log_in = getattr(app, "auth", None) is not None or getattr(app, "auth_dependency", None) is not None
        return is_logged_in if has_log_in else self._without


async def is_logged_in(scope: Scope) -> bool:
    """As Gradio's own ``get_current_user``, which is not to be had from outside."""
    import inspect

    requests = sys.modules["starlette.requests"]
    app = scope["app"]
    # A WebSocket's handshake is a request as well, with the same cookies.
    request = requests.Request({**scope, "type": "http", "method": scope.get("method", "GET")})
    try:
        if app.auth_dependency is not None:
            user = app.auth_dependency(request)
            return (await user if inspect.isawaitable(user) else user) is not None
        names = (f"access-token-{app.cookie_id}", f"access-token-unsecure-{app.cookie_id}")
        token = next((request.cookies[name] for name in names if request.cookies.get(name)), None)
        return token is not None and app.tokens.get(token) is not None
    except Exception as error:
        # An auth_dependency may refuse by raising what FastAPI makes a 401 of.
        log.debug("gpu_status_panel: the log-in refuses: %r", error)
        return False


@contextlib.contextmanager
def within(demo: Any) -> Iterator[None]:
    """Where components become part of a demo, also of one that is served already."""
    context: Any = sys.modules["gradio.context"]
    if context.Context.root_block is not None:
        yield
        return
    served = demo.app if getattr(demo, "is_running", False) else None
    with demo:
        yield
    # Leaving the block makes an app that nobody serves.
    if served is not None:
        demo.app = served


def append_html(demo: Any, text: str) -> None:
    gradio: Any = sys.modules["gradio"]
    with within(demo):
        gradio.HTML(text)
