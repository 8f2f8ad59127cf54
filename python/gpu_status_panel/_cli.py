"""The program ``gpu-status-panel``: the sidecar of this package, with the flags it is given."""

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
        sys.exit(run_piped(command))
    # Python ignores it, and what is ignored stays so in the program that follows.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.execv(command[0], command)


def run_piped(command: List[str]) -> int:
    """Runs the sidecar with a pipe as its input: when this process ends, however it does, the pipe closes and it ends too."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, env={**os.environ, ENDS_WITH: "stdin"})
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            # The sidecar has got it as well.
            continue
