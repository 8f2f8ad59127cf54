"""Whether the workflow on the screen fits, asked by ComfyUI's page before Run."""

from __future__ import annotations

import json
import os
from typing import Any, Dict, Optional, Tuple
from urllib.parse import urlencode

from .glance import AWAY
from .host import describe_prompt, weights_mib
from .within import job_around

FEWER_FRAMES = (121, 81, 65, 49, 33, 17)
"""What video models take: one more than a multiple of eight or sixteen."""
MOST_TRIES = 2


def fit(panel: Any, backend: Optional[str], asked: Dict[str, Any]) -> Tuple[int, Dict[str, Any]]:
    """``{prompt, lang}`` → the signature, what of it is not known, and what the sidecar says of it."""
    prompt = asked.get("prompt")
    if not isinstance(prompt, dict):
        return 400, {"code": "bad-request"}
    found = describe_prompt(prompt)
    unknown = {name: {"why": one.why, "what": one.what} for name, one in found.unknown.items()}
    told: Dict[str, Any] = {"signature": found.signature, "unknown": unknown, "weightsMiB": weights_mib([name for name, _, _ in found.models]), "fit": None, "would": None}
    if found.signature is None:
        return 200, told
    ask = Asker(panel, {"lang": str(asked.get("lang", "en")), **({"backend": backend} if backend else {"pid": str(os.getpid())})})
    answer = ask.about(found.signature)
    if answer is None:
        return AWAY
    around = job_around(panel)
    if around is not None and answer.get("peakMiB", 0) <= around.get("peakMiB", 0):
        # Beside its own reservation there may be no room, and it needs none there.
        answer = {**answer, "fits": True, "never": False, "missingMiB": 0, "options": []}
    would = fewer_frames(ask, found.signature) if answer.get("never") else None
    return 200, {**told, "fit": answer, "would": would}


class Asker:
    """Asks the sidecar as this ComfyUI: what it holds counts for its own job."""

    def __init__(self, panel: Any, query: Dict[str, str]) -> None:
        self._panel = panel
        self._query = query

    def about(self, signature: Dict[str, Any]) -> Optional[Dict[str, Any]]:
        query = urlencode({"signature": json.dumps(signature, separators=(",", ":")), **self._query})
        try:
            answer = self._panel.Sidecar().call("GET", f"api/v1/fit?{query}", timeout=6.0)
        except self._panel.Unreachable:
            return None
        told: Dict[str, Any] = answer.body
        return told if answer.status == 200 else None


def fewer_frames(ask: Asker, signature: Dict[str, Any]) -> Optional[Dict[str, Any]]:
    """A shorter film that fits, by what was learned of films here."""
    frames = signature["frames"] or 0
    for fewer in [one for one in FEWER_FRAMES if one < frames][:MOST_TRIES]:
        answer = ask.about({**signature, "frames": fewer})
        if answer is not None and answer.get("fits") and answer.get("basis") != "nothing":
            return {"frames": fewer}
    return None
