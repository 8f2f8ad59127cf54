"""Who listens at a port of this machine, as Linux tells it."""

from __future__ import annotations

import os
import sys
import time
from typing import Dict, NamedTuple, Optional, Tuple


GOOD_FOR_S = 2.0
# Addresses as the kernel prints them, the most exact first: who listens at 127.0.0.1 itself is who answers there.
ADDRESSES = (("tcp", "0100007F"), ("tcp6", "0000000000000000FFFF00000100007F"), ("tcp", "00000000"), ("tcp6", "0" * 32))
LISTENS = "0A"


class Listener(NamedTuple):
    """A socket that takes connections."""

    uid: int
    inode: str

    @property
    def is_foreign(self) -> bool:
        """It is another user's, and not the administrator's."""
        return self.uid not in (0, os.geteuid())


KNOWN: Dict[int, Tuple[float, Optional[Listener]]] = {}
PIDS: Dict[int, int] = {}
"""What a sidecar said of its process, by its port."""
OWNERS: Dict[Tuple[int, str], bool] = {}


def listener_at(port: int) -> Optional[Listener]:
    """Who answers at 127.0.0.1; ``None``: nobody, or it is not known, as on other systems and behind a forwarding."""
    if sys.platform != "linux":
        return None
    at, found = KNOWN.get(port, (-GOOD_FOR_S, None))
    if time.monotonic() - at >= GOOD_FOR_S or found is None:
        found = look_up(port)
        KNOWN[port] = (time.monotonic(), found)
    return found


def look_up(port: int) -> Optional[Listener]:
    wanted = [(table, f"{address}:{port:04X}") for table, address in ADDRESSES]
    seen: Dict[Tuple[str, str], Listener] = {}
    for table in ("tcp", "tcp6"):
        try:
            with open(f"/proc/net/{table}", encoding="ascii") as file:
                for line in file:
                    fields = line.split()
                    if len(fields) > 9 and fields[3] == LISTENS and (table, fields[1]) in wanted:
                        seen[table, fields[1]] = Listener(int(fields[7]), fields[9])
        except (OSError, ValueError):
            continue
    return next((seen[one] for one in wanted if one in seen), None)


def is_stopped(port: int, listener: Listener) -> bool:
    """Whether the process behind it was stopped, by Ctrl-Z or SIGSTOP: the kernel takes its connections, and nobody answers."""
    return state_of(port, listener) in (b"T", b"t")


def is_at_work(port: int, listener: Listener) -> bool:
    """Whether it computes, or would if the machine gave it a turn."""
    return state_of(port, listener) == b"R"


def state_of(port: int, listener: Listener) -> bytes:
    """What the kernel says of the process behind it; empty where that is not known."""
    pid = PIDS.get(port)
    if pid is None:
        return b""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            state = file.read().rpartition(b")")[2].split()[0]
    except (OSError, IndexError):
        return b""
    return state if holds(pid, listener.inode) else b""


def holds(pid: int, inode: str) -> bool:
    """Whether the socket is this process's. In a container the number may be that of another one."""
    key = (pid, inode)
    if key not in OWNERS:
        OWNERS.clear()
        try:
            OWNERS[key] = any(link_of(f"/proc/{pid}/fd/{name}") == f"socket:[{inode}]" for name in os.listdir(f"/proc/{pid}/fd"))
        except OSError:
            OWNERS[key] = False
    return OWNERS[key]


def link_of(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""
