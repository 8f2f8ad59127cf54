"""The profile that a job means: by its id, or by a model's name and settings."""

from __future__ import annotations

from typing import Dict, Any, Optional, Tuple
from urllib.parse import urlencode

from ._api import Sidecar
from ._report import JobSettings, UnknownProfile


Profiles = Dict[str, Dict[str, Any]]


def find_profile(sidecar: Sidecar, given: JobSettings) -> Tuple[Optional[str], Optional[int]]:
    """Id of the profile that is meant, and the GPUs it needs; raises ``UnknownProfile``.

    By id, else by model and settings: the heaviest of those. A job that is described in another way needs none.
    """
    if given.profile is None and not given.query:
        return None, None
    listed = sidecar.call("GET", "api/v1/profiles").body.get("profiles")
    known: Profiles = {one["id"]: one for one in listed if isinstance(one, dict) and isinstance(one.get("id"), str)} if isinstance(listed, list) else {}
    found = given.profile if given.profile in known else match_profile(sidecar, given, known)
    if found is not None:
        gpus = known.get(found, {}).get("gpus")
        return found, gpus if isinstance(gpus, int) else None
    if given.peak_mib is not None or given.signature is not None:
        return None, None
    wanted = given.profile or given.query.get("model", "")
    import difflib

    near = difflib.get_close_matches(wanted, list(known), n=3, cutoff=0.3)
    raise UnknownProfile(
        f"the sidecar knows no profile or model {wanted!r} with these settings"
        + (f"; near: {', '.join(near)}" if near else "")
        + ". Give peak_mib=…, or add the profile to gpu-panel.config.json."
    )


def match_profile(sidecar: Sidecar, given: JobSettings, known: Profiles) -> Optional[str]:
    query = dict(given.query)
    if given.profile is not None:
        query.setdefault("model", given.profile)
    # Steps hardly change the peak and frames are seldom told by a profile: without them rather than nothing.
    for left_out in ((), ("steps",), ("steps", "frames")):
        asked = {key: value for key, value in query.items() if key not in left_out}
        answer = sidecar.call("GET", f"api/v1/fit?{urlencode(asked)}")
        if answer.status == 200 and isinstance(answer.body.get("profile"), str):
            return str(answer.body["profile"])
    prefix = (given.profile or "").lower()
    named = [one for key, one in known.items() if prefix and key.lower().startswith(prefix) and not given.query]
    heaviest = max(named, key=lambda one: one.get("peakMiB") or 0, default=None)
    return None if heaviest is None else str(heaviest["id"])
