"""The program ``gpu-status-panel``: the sidecar of this package, or one of its commands, with what it is given."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import List, NoReturn, Optional, Sequence

from ._start import ENDS_WITH, find_command
from ._node import NodeMissing


def main(args: Optional[Sequence[str]] = None) -> NoReturn:
    """Becomes the sidecar; where a process cannot become another one, runs it and ends with it."""
    flags = list(sys.argv[1:] if args is None else args)
    try:
        command = [*find_command(None), *flags]
    except NodeMissing as error:
        sys.stderr.write(f"gpu-status-panel: {error}\n")
        sys.exit(1)
    if sys.platform == "win32":
        is_command = bool(flags) and not flags[0].startswith("-")
        sys.exit(run_beside(command) if is_command else run_piped(command))
    # Python ignores them, and what is ignored stays so in the program that follows.
    for name in ("SIGPIPE", "SIGXFSZ"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    os.execv(command[0], command)


def run_piped(command: List[str]) -> int:
    """Runs the sidecar with a pipe as its input: when this process ends, however it does, the pipe closes and it ends too."""
    return wait_for(subprocess.Popen(command, stdin=subprocess.PIPE, env={**os.environ, ENDS_WITH: "stdin"}))


def run_beside(command: List[str]) -> int:
    """Runs a command that has this terminal's input, as ``run`` hands it on."""
    return wait_for(subprocess.Popen(command))


def wait_for(process: "subprocess.Popen[bytes]") -> int:
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            # The other has got it as well.
            continue
