"""``mount`` of a Gradio demo: panel, frame, hook, jobs, all by one line."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional, Tuple

from ._asgi import mount_path_of
from ._base import log
from ._gradio_app import ENDPOINT, ByLogIn, append_html, attach_to_demo
from ._gradio_fit import add_fit_lines
from ._gradio_page import FRAME_JS, FRAME_SCRIPT, frame_html
from ._gradio_watch import Watch, watch_demo
from ._hook import UnloadHook
from ._mount import GradioOptions, Hook, panel_app
from ._permission import Decision
from ._threads import run_to_end
from ._unload_hook import unload_hook


PLACE = "/gradio_api/gpu"
"""Which Gradio passes on in every version, also with Node before it."""


def mount_demo(
    demo: Any,
    path: Optional[str],
    options: Dict[str, Any],
    hook: Hook,
    allowed: Tuple[Decision, Optional[Decision]],
    given: GradioOptions,
) -> None:
    place = mount_path_of(PLACE if path is None else path)
    if hasattr(demo, ENDPOINT):
        log.warning("gpu_status_panel: this demo has its panel already")
        return
    watching = watch_demo(demo, given.functions, given.park, options["url"], options["token"]) if given.watch else None
    view, release = allowed
    endpoint = panel_app(
        place,
        hook=hook_of(hook, watching),
        allow_view=ByLogIn(True) if view is True else view,
        allow_release=ByLogIn(release is True) if release is True or release is None else release,
        own={FRAME_SCRIPT: FRAME_JS.encode()},
        **options,
    )
    attach_to_demo(demo, place, endpoint)
    if given.fit and watching is not None:
        add_fit_lines(demo, watching.choice)
    if given.frame:
        append_html(demo, frame_html(place))


def hook_of(hook: Hook, watching: Optional[Watch]) -> UnloadHook[Any]:
    """What a release calls: the user's function, the parking of his models, or nothing but the emptying of the caches."""
    parking = None if watching is None else watching.parking
    if isinstance(hook, UnloadHook):
        if parking is not None:
            raise TypeError("gpu_status_panel: give mount the function itself as hook beside park, or no park")
        return hook
    steps: List[Callable[[], Any]] = [step for step in (hook, None if parking is None else parking.unload) if step is not None]

    def unload() -> Any:
        results = [run_to_end(step) for step in steps]
        return next((result for result in results if isinstance(result, dict)), None)

    if watching is None:
        return unload_hook(unload)
    return unload_hook(unload, busy=watching.is_busy, queue=watching.queued)
