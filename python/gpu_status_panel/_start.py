"""Starting the sidecar as a program of its own."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import IO, Dict, List, Optional, Sequence

from ._api import data_folder
from ._base import log
from ._node import find_node, packed_program


ENDS_WITH = "GPU_PANEL_ENDS_WITH"
"""Tells the sidecar with what it ends: ``stdin`` or ``leases``."""


def spawn(command: Sequence[str], token: str, environment: Dict[str, str], said: IO[bytes]) -> subprocess.Popen[bytes]:
    """Starts it. In the environment the token is not seen in the list of processes."""
    log.info("gpu_status_panel: starting %s", " ".join(command))
    # It outlives this process while others use it, so that nothing of it hangs on a pipe of this one.
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=said,
        stderr=subprocess.STDOUT,
        env={**os.environ, **environment, "GPU_PANEL_TOKEN": token, ENDS_WITH: "leases"},
        start_new_session=os.name == "posix",
        creationflags=flags,
    )


def open_log(port: int) -> IO[bytes]:
    """What the sidecar says, for this user alone: it prints its link with the token."""
    try:
        path = data_folder() / f"mount-{port}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_file() and path.stat().st_size > 1_000_000:
            path.unlink()
        made: IO[bytes] = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "r+b", buffering=0)
        return made
    except (OSError, RuntimeError):
        import tempfile

        return tempfile.TemporaryFile(buffering=0)


def cause_in(said: IO[bytes], begin: int) -> str:
    """The cause in what a program said: the last line of ours, else the last one; warnings come before it."""
    said.seek(max(begin, said.seek(0, os.SEEK_END) - 4000))
    lines = [line.strip() for line in said.read().decode("utf-8", "replace").splitlines() if line.strip()]
    ours = [line for line in lines if line.startswith("gpu-status-panel: ")]
    return ([*lines, *ours] or [""])[-1][-600:]


def find_command(given: Optional[Sequence[str]]) -> List[str]:
    """How the sidecar is started: as told, the package's own, or that of the checkout this file lies in.

    A copied file has none: then one that is installed, on Python's path, as a local npm package or on PATH. Nothing here
    asks a registry.
    """
    if given:
        return list(given)
    told = os.environ.get("GPU_PANEL_COMMAND")
    if told:
        # A path may hold blanks.
        return [told] if os.path.isfile(told) else shlex.split(told, posix=os.name == "posix")
    packed = packed_program(__file__)
    if packed is not None:
        return [find_node(), str(packed)]
    for root in Path(__file__).resolve().parents[2:3]:
        # A checkout, which builds itself first, or an installed npm package, where everything is built.
        for program in (root / "server" / "start.mjs", root / "dist" / "server" / "main.js"):
            if program.is_file() and (root / "package.json").is_file():
                return [find_node(), str(program)]
    for root in (Path.cwd(), *Path.cwd().parents):
        program = root / "node_modules" / "gpu-status-panel" / "dist" / "server" / "main.js"
        if program.is_file():
            return [find_node(), str(program)]
    installed = shutil.which("gpu-status-panel")
    if installed:
        return [installed]
    raise RuntimeError(f'the sidecar is not installed: "{sys.executable}" -m pip install "gpu-status-panel[node]"')
