"""Whether the form as it is now would fit, asked by the page above Generate."""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any, Callable, Dict, Optional, Tuple
from urllib.parse import parse_qs, urlencode

LARGEST_QUERY_BYTES = 4096

SignatureOf = Callable[[Dict[str, Any]], Optional[Dict[str, Any]]]
Told = Tuple[int, Dict[str, Any]]


def fit_route(path: str, panel: Any, signature_of: SignatureOf, may_view: Callable[[Dict[str, Any]], bool]) -> Any:
    """``GET {form, lang}``: what the sidecar says of it; ``{}`` where nothing is known or it is away: a browser logs what fails."""
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def handle(request: Any) -> Any:
        query = request.scope.get("query_string", b"")
        if not may_view(request.scope):
            return JSONResponse({"code": "not-known"}, status_code=403)
        asked = parse_qs(query[:LARGEST_QUERY_BYTES].decode("latin-1"))
        # The sidecar may take seconds: not on the loop that serves the WebUI.
        status, told = await asyncio.get_running_loop().run_in_executor(None, fit, panel, signature_of, asked)
        return JSONResponse(told, status_code=status)

    return Route(path, handle, methods=["GET"])


def fit(panel: Any, signature_of: SignatureOf, asked: Dict[str, Any]) -> Told:
    try:
        form = json.loads(asked["form"][0])
        lang = str(asked.get("lang", ["en"])[0])
    except (KeyError, ValueError, RecursionError):
        return 400, {"code": "bad-request"}
    signature = signature_of(form) if isinstance(form, dict) else None
    if signature is None:
        return 200, {}
    query = urlencode({"signature": json.dumps(signature, separators=(",", ":")), "lang": lang, "pid": os.getpid()})
    try:
        answer = panel.Sidecar().call("GET", f"api/v1/fit?{query}", timeout=6.0)
    except panel.Unreachable:
        return 200, {}
    return 200, answer.body if answer.status == 200 else {}
