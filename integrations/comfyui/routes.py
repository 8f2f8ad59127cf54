"""What ComfyUI's page asks beside the panel itself."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Callable, Dict, Tuple

from .asgi import PATH, answer, scope_of
from .fit import fit
from .glance import glance

LARGEST_BODY_BYTES = 8 * 1024 * 1024
Told = Tuple[int, Dict[str, Any]]


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
            try:
                body = json.loads(await request.content.read(LARGEST_BODY_BYTES) or b"{}")
            except ValueError:
                body = None
            if not isinstance(body, dict):
                return web.json_response({"code": "bad-request"}, status=400)
            # Files are read, and the sidecar may take two seconds: not on the loop that serves ComfyUI.
            status, told = await asyncio.get_running_loop().run_in_executor(None, work, body)
            return web.json_response(told, status=status)

        return handle_own

    def set_gate(body: Dict[str, Any]) -> Told:
        gate.set(body.get("on") is True)
        return 200, {"on": gate.is_on}

    routes.get(PATH + "/comfyui/glance")(serve(lambda body: glance(panel)))
    routes.post(PATH + "/comfyui/fit")(serve(lambda body: fit(panel, app.backend, body)))
    routes.post(PATH + "/comfyui/gate")(serve(set_gate))
    routes.route("*", PATH + "/{rest:.*}")(handle)
