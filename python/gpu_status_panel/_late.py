"""Jobs that began without the sidecar: it is told of them when it answers, so that others wait for what they take."""

from __future__ import annotations

import threading
from typing import Dict, Optional, Tuple

from ._report import JobSettings
from ._running import Describe, RunningJob, RunningJobs


Key = Tuple[Optional[str], Optional[str], int]
LATE: Dict[Key, RunningJobs] = {}
LATE_LOCK = threading.Lock()


def tell_late(settings: JobSettings, describe: Describe) -> RunningJob:
    """Returns at once; one thread asks for all of a sidecar."""
    key = (settings.url, settings.token, settings.ttl)
    with LATE_LOCK:
        if key not in LATE:
            LATE[key] = RunningJobs(settings.url, settings.token, ttl=settings.ttl)
        return LATE[key].begin(describe)
