"""What ComfyUI's page asks beside the panel itself."""

from __future__ import annotations

import asyncio
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Dict, Optional, Tuple

from .asgi import PATH, answer, scope_of
from .fit import fit
from .glance import AWAY, glance

log = logging.getLogger("gpu_status_panel")
LARGEST_BODY_BYTES = 8 * 1024 * 1024
# ComfyUI opens the files that it serves with the loop's own threads: a sidecar that hangs must not take those.
THREADS = ThreadPoolExecutor(4, "gpu-status-panel")
Told = Tuple[int, Dict[str, Any]]


async def body_of(content: Any) -> Optional[bytes]:
    """All of it, which comes in pieces; ``None``: it is too large."""
    body = b""
    while len(body) <= LARGEST_BODY_BYTES:
        piece: bytes = await content.read(LARGEST_BODY_BYTES + 1 - len(body))
        if not piece:
            return body
        body += piece
    return None


def told_by(work: Callable[[Dict[str, Any]], Told], text: bytes) -> Told:
    try:
        body = json.loads(text or b"{}")
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        return 400, {"code": "bad-request"}
    try:
        return work(body)
    except Exception as error:  # Nothing of ours is logged as a failure of ComfyUI.
        log.debug("gpu_status_panel: %r", error)
        return AWAY


def add_routes(routes: Any, panel: Any, app: Any, gate: Any) -> None:
    """Those of this pack, and behind them the panel's."""

    async def handle(request: Any) -> Any:
        return await answer(app, request)

    def serve(work: Callable[[Dict[str, Any]], Told]) -> Callable[[Any], Any]:
        async def handle_own(request: Any) -> Any:
            from aiohttp import web

            # ComfyUI has no log-in; pages of other sites are kept out as they are from the panel.
            if not await app.may_view(scope_of(request, "http")):
                return web.json_response({"code": "origin-refused"}, status=403)
            text = await body_of(request.content)
            if text is None:
                return web.json_response({"code": "too-large"}, status=413)
            # Files are read, and the sidecar may take seconds: not on the loop that serves ComfyUI.
            status, told = await asyncio.get_running_loop().run_in_executor(THREADS, told_by, work, text)
            return web.json_response(told, status=status)

        return handle_own

    def set_gate(body: Dict[str, Any]) -> Told:
        gate.set(body.get("on") is True)
        return 200, {"on": gate.is_on}

    routes.get(PATH + "/comfyui/glance")(serve(lambda body: glance(panel)))
    routes.post(PATH + "/comfyui/fit")(serve(lambda body: fit(panel, app.backend, body)))
    routes.post(PATH + "/comfyui/gate")(serve(set_gate))
    routes.route("*", PATH + "/{rest:.*}")(handle)
