"""uvicorn as people run it: two workers, and one that is loaded anew. Takes its time: run by `npm run test:long`."""

import os
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from rig import HERE, MAIN, RigTest, call, free_port, wait_until

APP = """
import os
from fastapi import FastAPI
from gpu_status_panel import mount

def free():
    with open(os.environ["FREED"], "a") as file:
        file.write(f"{os.getpid()}\\n")

app = mount(FastAPI(), hook=free, allow_release=True)
"""


class ReloadTest(RigTest):
    def serve_by_uvicorn(self, *flags):
        folder = Path(tempfile.mkdtemp(prefix="gpu-panel-uvicorn-"))
        (folder / "studio.py").write_text(APP)
        port, panel = free_port(), free_port()
        env = {**os.environ, **self.fake().env, "PYTHONPATH": str(HERE), "GPU_PANEL_PORT": str(panel), "FREED": str(folder / "freed"), "GPU_PANEL_COMMAND": f"node {MAIN} --interval 250", "GPU_PANEL_DATA_DIR": str(folder / "data")}
        server = subprocess.Popen([sys.executable, "-m", "uvicorn", "studio:app", "--port", str(port), *flags], cwd=folder, env=env, start_new_session=True)

        def end() -> None:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(20)

        self.addCleanup(end)
        page = f"http://127.0.0.1:{port}/gpu/"
        wait_until("the panel", lambda: self.state(page), 60)
        return folder, page, f"http://127.0.0.1:{panel}/"

    def state(self, page):
        try:
            answer = call(page + "api/v1/state")
            return answer.json() if answer.status == 200 else None
        except OSError:
            return None

    def release(self, page):
        # A worker that has not found the panel yet says that it is starting.
        asked = lambda: (one := call(page + "api/v1/release", "POST", {"mode": "now"})).status != 503 and one  # noqa: E731
        answer = wait_until("a worker that has found the panel", asked, 60)
        self.assertEqual(answer.status, 202, answer.body)
        address = f"{page}api/v1/release/{answer.json()['id']}"
        wait_until("the verdict", lambda: call(address).json()["state"] in ("done", "failed"), 60)

    def test_two_workers_are_one_backend_and_both_are_asked(self) -> None:
        folder, page, _ = self.serve_by_uvicorn("--workers", "2")

        def both():
            self.release(page)
            return len(set((folder / "freed").read_text().split())) == 2

        wait_until("both to be asked", both, 60)
        self.assertEqual([one["id"] for one in self.state(page)["state"]["backends"]], ["studio"])

    def test_one_that_is_loaded_anew_finds_its_panel_running(self) -> None:
        folder, page, panel = self.serve_by_uvicorn("--reload")
        boot = self.state(page)["bootId"]
        self.release(page)
        (before,) = (folder / "freed").read_text().split()
        (folder / "studio.py").write_text(APP + "\n# changed\n")

        def anew():
            # Between the old one and the new one nobody listens.
            if self.state(page) is not None and call(page + "api/v1/release", "POST", {"mode": "now"}).status == 202:
                return (folder / "freed").read_text().split()[-1] != before
            return False

        wait_until("the new one's hook", anew, 60)
        self.assertEqual(self.state(page)["bootId"], boot)
        self.assertEqual([one["id"] for one in self.state(panel)["state"]["backends"]], ["studio"])


if __name__ == "__main__":
    unittest.main()
