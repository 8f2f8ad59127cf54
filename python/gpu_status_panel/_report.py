"""What a job is given, and what is known of it afterwards."""

from __future__ import annotations

from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional, Sequence, Tuple, Union


class JobError(RuntimeError):
    """A job that may not start."""


class JobRefused(JobError):
    """The job can never fit, or has no room now and was not to wait."""


class JobTimeout(JobError):
    """There was no room within ``max_wait`` seconds."""


class UnknownProfile(JobError):
    """Neither a profile nor a model of this name is known to the sidecar, and no ``peak_mib`` was given."""


class JobReport(NamedTuple):
    """A job that has ended. ``None`` is not known: no framework in use, or other jobs ran beside it in this process."""

    outcome: str
    """``done`` or ``failed``."""
    out_of_memory: bool
    admitted: bool
    """False: it ran without the sidecar."""
    waited_s: float
    duration_s: float
    peak_allocated_mib: Optional[int]
    """Most in tensors, on the GPU where it was highest."""
    peak_reserved_mib: Optional[int]
    """Most held from the driver by the allocator, on the GPU where it was highest: what is told to the sidecar."""
    delta_mib: Optional[int]
    """In tensors after the job, less what was there before: what it left behind."""
    phases: Tuple[Tuple[str, float], ...]
    """Names of phases with the second of the job in which each began."""


class JobSettings(NamedTuple):
    """What ``job`` was given."""

    profile: Optional[str]
    label: Optional[str]
    peak_mib: Optional[int]
    query: Dict[str, str]
    gpus: Optional[int]
    gpu_indexes: Union[None, str, Sequence[int]]
    backend: Optional[str]
    wait: bool
    max_wait: Optional[float]
    on_wait: Optional[Callable[[int, str], None]]
    ttl: int
    if_refused: str
    url: Optional[str]
    token: Optional[str]
    signature: Optional[Mapping[str, Any]] = None
    asker: Optional[str] = None
