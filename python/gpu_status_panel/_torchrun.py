"""Ranks that torchrun has started are one job."""

from __future__ import annotations

import os
from typing import List, Optional

from ._base import int_of


TORCHRUN_JOBS: List[int] = [0]


def torchrun_id() -> Optional[str]:
    """The same for all ranks that torchrun has started here, so that their jobs are one job."""
    if (int_of("LOCAL_WORLD_SIZE") or 1) < 2:
        return None
    TORCHRUN_JOBS[0] += 1
    import hashlib
    import socket

    # In containers torchrun has the same pid again and again; its start and the machine's name tell them apart.
    try:
        with open(f"/proc/{os.getppid()}/stat", "rb") as file:
            began = file.read().rpartition(b")")[2].split()[19].decode()
    except (OSError, IndexError):
        began = ""
    restart = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
    run = f"{socket.gethostname()} {os.getppid()} {began} {restart} {TORCHRUN_JOBS[0]}"
    return f"torchrun-{hashlib.sha256(run.encode()).hexdigest()[:32]}"
