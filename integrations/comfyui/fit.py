"""Whether the workflow on the screen fits, asked by ComfyUI's page before Run."""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any, Dict, Optional, Tuple
from urllib.parse import urlencode

from .host import describe_prompt, weights_mib

LARGEST_PROMPT_BYTES = 8 * 1024 * 1024


async def answer_fit(panel: Any, app: Any, request: Any) -> Any:
    """``POST {prompt, lang}``: the signature, what of it is not known, and what the sidecar says of it."""
    from aiohttp import web

    body = await request.content.read(LARGEST_PROMPT_BYTES)
    try:
        asked = json.loads(body)
        prompt, lang = asked["prompt"], str(asked.get("lang", "en"))
    except (ValueError, KeyError, TypeError, AttributeError):
        return web.json_response({"code": "bad-request"}, status=400)
    if not isinstance(prompt, dict):
        return web.json_response({"code": "bad-request"}, status=400)
    # Files are read, and the sidecar may take two seconds: not on the loop that serves ComfyUI.
    status, told = await asyncio.get_running_loop().run_in_executor(None, fit, panel, app.backend, prompt, lang)
    return web.json_response(told, status=status)


def fit(panel: Any, backend: Optional[str], prompt: Dict[str, Any], lang: str) -> Tuple[int, Dict[str, Any]]:
    found = describe_prompt(prompt)
    unknown = {name: {"why": one.why, "what": one.what} for name, one in found.unknown.items()}
    models = [name for name, _, _ in found.models]
    told: Dict[str, Any] = {"signature": found.signature, "unknown": unknown, "weightsMiB": weights_mib(models), "fit": None}
    if found.signature is None:
        return 200, told
    asker = {"backend": backend} if backend else {"pid": str(os.getpid())}
    query = urlencode({"signature": json.dumps(found.signature, separators=(",", ":")), "lang": lang, **asker})
    try:
        answer = panel.Sidecar().call("GET", f"api/v1/fit?{query}", timeout=6.0)
    except panel.Unreachable:
        return 503, {"code": "sidecar-unreachable"}
    if answer.status != 200:
        return 503, {"code": str(answer.body.get("code", "no-answer"))}
    return 200, {**told, "fit": answer.body}
