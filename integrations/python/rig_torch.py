"""PyTorch's allocator, as far as it is asked for."""

from __future__ import annotations

import types

MIB = 1024 * 1024


class FakeCuda:
    """PyTorch's allocator as far as it is asked for."""

    def __init__(self, devices: int = 1) -> None:
        self.allocated = [0] * devices
        self.peak = [0] * devices
        self.cache = [0] * devices
        self.calls: list = []

    def take(self, mib: int, device: int = 0) -> None:
        self.allocated[device] += mib
        self.peak[device] = max(self.peak[device], self.allocated[device])
        self.cache[device] = max(self.cache[device], self.allocated[device])

    def free(self, mib: int, device: int = 0) -> None:
        self.allocated[device] -= mib

    def is_initialized(self) -> bool:
        return True

    def device_count(self) -> int:
        return len(self.allocated)

    def current_device(self) -> int:
        return 0

    def memory_allocated(self, device: int) -> int:
        return self.allocated[device] * MIB

    def memory_reserved(self, device: int) -> int:
        return self.cache[device] * MIB

    max_memory_reserved = memory_reserved

    def max_memory_allocated(self, device: int) -> int:
        return self.peak[device] * MIB

    def reset_peak_memory_stats(self, device: int) -> None:
        self.peak[device] = self.allocated[device]

    def empty_cache(self) -> None:
        self.calls.append("empty_cache")
        self.cache = list(self.allocated)

    def ipc_collect(self) -> None:
        self.calls.append("ipc_collect")


def fake_torch(devices: int = 1) -> types.ModuleType:
    torch = types.ModuleType("torch")
    torch.cuda = FakeCuda(devices)  # type: ignore[attr-defined]
    return torch
