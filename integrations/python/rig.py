"""What the tests run: the built sidecar beside the scripted nvidia-smi, and uvicorn around an app."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
MAIN = ROOT / "dist" / "server" / "main.js"
NVIDIA_SMI = ROOT / "test" / "fixtures" / "nvidia-smi"
sys.path.insert(0, str(HERE))
# Nothing of this machine's user may reach the tests.
for name in [name for name in os.environ if name.startswith("GPU_PANEL_") or name == "CUDA_VISIBLE_DEVICES"]:
    del os.environ[name]
os.environ["GPU_PANEL_DATA_DIR"] = tempfile.mkdtemp(prefix="gpu-panel-python-")


def wait_until(what: str, predicate: Callable[[], Any], timeout_s: float = 30.0) -> Any:
    """Polls until the predicate yields something true, and returns it."""
    until = time.monotonic() + timeout_s
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() > until:
            raise AssertionError(f"waited {timeout_s} s in vain for {what}")
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class FakeNvidiaSmi:
    """An executable nvidia-smi that shows what ``set`` says; its script is that of ``light/main.c`` beside its fields."""

    def __init__(self, gpus: int = 1, total_mib: int = 24564, used_mib: int = 1024) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="fake-nvidia-smi-"))
        self.bin = self.folder / "bin"
        self.bin.mkdir()
        built = subprocess.run(["sh", str(NVIDIA_SMI / "light" / "build.sh")], check=True, stdout=subprocess.PIPE)
        (self.bin / "nvidia-smi").symlink_to(built.stdout.decode().strip())
        (self.bin / "node").symlink_to(shutil.which("node") or "node")
        self._gpus = [fake_gpu(index, total_mib, used_mib) for index in range(gpus)]
        self._processes: List[Dict[str, Any]] = []
        self._write()

    @property
    def env(self) -> Dict[str, str]:
        path = f"{self.bin}{os.pathsep}{os.environ['PATH']}"
        # A sidecar outlives its app for a while, and must not hold the data of the next test's.
        data = str(self.folder / "data")
        return {"GPU_PANEL_DATA_DIR": data, "FAKE_NVIDIA_SMI_DIR": str(self.folder), "PATH": path, "GPU_PANEL_TEST_TIME_SCALE": "5"}

    def set_used(self, mib: int, index: int = 0) -> None:
        self._gpus[index]["memory.used"] = mib
        self._write()

    def rename(self, index: int, name: str) -> None:
        self._gpus[index]["name"] = name
        self._write()

    def set_process(self, pid: int, mib: int, index: int = 0) -> None:
        self._processes = [{"gpu_uuid": self._gpus[index]["uuid"], "pid": pid, "process_name": "python3", "used_gpu_memory": mib}]
        self._write()

    def _write(self) -> None:
        lines = ["driver\t595.71.05", f"fields\t{NVIDIA_SMI}/fields/fields-595.txt"]
        for kind, entries in (("gpu", self._gpus), ("process", self._processes)):
            for entry in entries:
                lines += [kind, *(f"{'text' if isinstance(value, str) else 'number'}\t{name}\t{value}" for name, value in entry.items())]
        unfinished = self.folder / "script.tsv.tmp"
        unfinished.write_text("\n".join(lines) + "\n")
        unfinished.replace(self.folder / "script.tsv")

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def fake_gpu(index: int, total_mib: int, used_mib: int) -> Dict[str, Any]:
    return {
        "index": index,
        "uuid": f"GPU-{index:08x}-4090-4090-4090-{index:012x}",
        "name": "NVIDIA GeForce RTX 4090",
        "pci.bus_id": f"00000000:{index + 1:02X}:00.0",
        "driver_version": "595.71.05",
        "memory.total": total_mib,
        "memory.used": used_mib,
        "memory.reserved": 460,
        "utilization.gpu": 0,
        "utilization.memory": 0,
        "temperature.gpu": 41,
        "power.draw": 22.5,
        "power.limit": 450,
        "fan.speed": 30,
        "pstate": "P8",
        "clocks_event_reasons.active": "0x0000000000000001",
        "mig.mode.current": "[N/A]",
    }


class RunningSidecar:
    """``dist/server/main.js`` as a process of its own."""

    def __init__(self, fake: FakeNvidiaSmi, *flags: str, port: Optional[int] = None, env: Optional[Dict[str, str]] = None) -> None:
        if not MAIN.is_file():
            raise RuntimeError("the sidecar is not built: npm run build")
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        self.fake = fake
        self._data = tempfile.mkdtemp(prefix="gpu-panel-data-")
        command = ["node", str(MAIN), "--port", str(self.port), "--interval", "250", *flags]
        environment = {**os.environ, **fake.env, "GPU_PANEL_DATA_DIR": self._data, **(env or {})}
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=str(fake.folder))
        wait_until("the sidecar", lambda: is_up(self.url))

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()
        shutil.rmtree(self._data, ignore_errors=True)


class Answer:
    def __init__(self, status: int, headers: Dict[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    def json(self) -> Any:
        return json.loads(self.body)


def call(url: str, method: str = "GET", body: Any = None, headers: Optional[Dict[str, str]] = None) -> Answer:
    """An HTTP request that follows no redirect and raises for no status."""
    import http.client
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=40)
    sent = dict(headers or {})
    payload = None
    if body is not None:
        sent.setdefault("content-type", "application/json")
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        connection.request(method, parts.path + (f"?{parts.query}" if parts.query else ""), payload, sent)
        response = connection.getresponse()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
    finally:
        connection.close()


def is_up(url: str) -> bool:
    try:
        return call(url + "healthz").json()["status"] == "ok"
    except (OSError, ValueError, KeyError):
        return False


class RunningApp:
    """uvicorn around an ASGI app, in a thread of this process."""

    def __init__(self, app: Any) -> None:
        import uvicorn

        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        config = uvicorn.Config(app, host="127.0.0.1", port=self.port, log_level="error", ws="websockets", lifespan="off", timeout_keep_alive=1)
        self._server = uvicorn.Server(config)
        self._server.install_signal_handlers = lambda: None  # type: ignore[method-assign]
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        wait_until("uvicorn", lambda: self._server.started)

    def close(self) -> None:
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(10)


class RigTest(unittest.TestCase):
    """A test whose sidecars, apps and fakes are ended with it."""

    def fake(self, **options: int) -> FakeNvidiaSmi:
        made = FakeNvidiaSmi(**options)
        self.addCleanup(made.close)
        return made

    def sidecar(self, fake: FakeNvidiaSmi, *flags: str, **options: Any) -> RunningSidecar:
        made = RunningSidecar(fake, *flags, **options)
        self.addCleanup(made.close)
        return made

    def serve(self, app: Any) -> RunningApp:
        made = RunningApp(app)
        self.addCleanup(made.close)
        return made


def jobs_at(url: str) -> List[Dict[str, Any]]:
    return list(call(url + "api/v1/jobs").json()["jobs"])
