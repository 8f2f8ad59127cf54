"""A simulated card that the programs of a bench share: who holds how much stands in one file, and the scripted nvidia-smi shows it.

What a job holds in each second of its life stands in a file of its own, written by the bench: here it is only played.
"""

import fcntl
import json
import os
import threading
import time
import urllib.request
from pathlib import Path

FOLDER = Path(os.environ["CARD_DIR"])
SCRIPT = Path(os.environ["FAKE_NVIDIA_SMI_DIR"]) / "script.tsv"
TOTAL_MIB = int(os.environ["CARD_TOTAL_MIB"])
SCALE = float(os.environ.get("CARD_SCALE", "1"))
DRIVER_MIB, UNLISTED_MIB, CONTEXT_MIB, WEIGHTS = 300, 80, 450, 0.6


class OutOfMemoryError(RuntimeError):
    pass


class Card:
    """The memory of the card, across processes."""

    def hold(self, mib: int, jobs: list) -> int:
        """This process holds so much from now on; 0, or the MiB that are missing, when nothing changes."""
        with open(FOLDER / "card.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            held = self.held()
            others = sum(one["mib"] for pid, one in held.items() if int(pid) != os.getpid())
            missing = others + mib + DRIVER_MIB + UNLISTED_MIB - TOTAL_MIB
            if missing > 0:
                return missing
            held[str(os.getpid())] = {"mib": mib, "jobs": jobs}
            write(FOLDER / "held.json", json.dumps(held))
            self._show(held)
            return 0

    def held(self) -> dict:
        try:
            return json.loads((FOLDER / "held.json").read_text())
        except FileNotFoundError:
            return {}

    def _show(self, held: dict) -> None:
        lines = SCRIPT.read_text().splitlines()
        uuid = next(line.split("\t")[2] for line in lines if line.split("\t")[1:2] == ["uuid"])
        busy = any(one["jobs"] for one in held.values())
        shown = {"memory.used": UNLISTED_MIB + sum(one["mib"] for one in held.values()), "utilization.gpu": 95 if busy else 0}
        if "process" in lines:
            del lines[lines.index("process") :]
        for at, line in enumerate(lines):
            for name, value in shown.items():
                if line.startswith(f"number\t{name}\t"):
                    lines[at] = f"number\t{name}\t{value}"
        for pid, one in held.items():
            row = {"gpu_uuid": uuid, "pid": pid, "process_name": "python3", "used_gpu_memory": one["mib"]}
            lines += ["process", *(f"text\t{name}\t{value}" for name, value in row.items())]
        write(SCRIPT, "\n".join(lines) + "\n")


def write(path: Path, text: str) -> None:
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.write_text(text)
    unfinished.replace(path)


class Program:
    """This process: its jobs share weights, and what it loaded last stays when they are over."""

    def __init__(self) -> None:
        self.card, self.lock = Card(), threading.Lock()
        self.jobs: dict = {}
        self.level = self.peak = 0
        self.loaded, self.keeps = None, 0
        self._hold(CONTEXT_MIB)

    def _hold(self, mib: int) -> int:
        missing = self.card.hold(mib, [*self.jobs])
        if not missing:
            self.level, self.peak = mib, max(self.peak, mib)
        return missing

    def _level(self, of: str = "") -> int:
        own = shared = 0
        for job_id, (curve, age) in self.jobs.items():
            level = (curve["highs"] if job_id == of else curve["levels"])[age]
            weights = min(level, curve["peakMiB"] * WEIGHTS)
            shared = max(shared, weights)
            own += level - weights
        return int(max(shared + own, CONTEXT_MIB, self.keeps * 0.97 if self.loaded else 0))

    def run(self, job_id: str, out_of_memory: type = OutOfMemoryError) -> None:
        curve = json.loads((FOLDER / "jobs" / f"{job_id}.json").read_text())
        with self.lock:
            age = curve["loadS"] if self.loaded == curve["kind"] else 0
            if self.loaded not in (None, curve["kind"]) and not self.jobs:
                self.loaded, self.keeps = None, 0
            self.jobs[job_id] = (curve, age)
        note("begin", job_id, age=age)
        begun, first = time.monotonic(), age
        try:
            for age in range(first, len(curve["levels"])):
                with self.lock:
                    self.jobs[job_id] = (curve, age)
                    high = self._level(job_id)
                    missing = self._hold(high)
                    if not missing:
                        self._hold(self._level())
                if missing:
                    note("out-of-memory", job_id, missing=missing, wanted=high, held=self.card.held(), known=known_jobs())
                    raise out_of_memory("CUDA out of memory. Tried to allocate more than the simulated card has.")
                time.sleep(max(0.0, begun + (age - first + 1) / SCALE - time.monotonic()))
        except BaseException:
            self._leave(job_id, curve, failed=True)
            raise
        self._leave(job_id, curve, failed=False)
        note("end", job_id, seconds=age - first + 1)

    def _leave(self, job_id: str, curve: dict, failed: bool) -> None:
        with self.lock:
            del self.jobs[job_id]
            if not failed:
                self.loaded = curve["kind"]
                self.keeps = min(max(self.keeps, int(curve["peakMiB"] * 0.82)), self.level)
            elif not self.jobs:
                self.loaded, self.keeps = None, 0
            self._hold(self._level())

    def unload(self) -> None:
        with self.lock:
            self.loaded, self.keeps = None, 0
            self._hold(self._level())

    def stand_in(self, cuda) -> None:
        """PyTorch's allocator as far as it is asked: on this machine there is none."""
        mib = 1024 * 1024
        cuda.is_available = cuda.is_initialized = lambda: True
        cuda.device_count, cuda.current_device = lambda: 1, lambda: 0
        cuda.memory_allocated = cuda.memory_reserved = lambda device=0: self.level * mib
        cuda.max_memory_allocated = cuda.max_memory_reserved = lambda device=0: self.peak * mib
        cuda.reset_peak_memory_stats = lambda device=0: setattr(self, "peak", self.level)
        cuda.empty_cache = cuda.ipc_collect = lambda: None


def note(event: str, job_id: str, **more) -> None:
    """A line of what happened, for the bench."""
    with open(FOLDER / "events.jsonl", "a") as file:
        file.write(json.dumps({"event": event, "job": job_id, "atMs": time.time() * 1000, "pid": os.getpid(), **more}) + "\n")


def known_jobs() -> list:
    """What the sidecar knows to run now, with the figures that it reckons with."""
    with urllib.request.urlopen(os.environ["GPU_PANEL_URL"] + "api/v1/jobs", timeout=10) as answer:
        return [job for job in json.load(answer)["jobs"] if job["state"] == "running"]
