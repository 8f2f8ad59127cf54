"""A sidecar that declared jobs find by the environment."""

from __future__ import annotations

import os
import unittest
from typing import Any, Dict, List, Optional
from unittest import mock

from rig import FakeNvidiaSmi, RigTest, RunningSidecar, jobs_at, wait_until

import gpu_status_panel as panel


class JobsRig(RigTest):
    """The tests of a class share a sidecar, which costs more than most of them, as long as each ends its jobs."""

    _shared: Optional[RunningSidecar] = None

    def setUp(self) -> None:
        panel.WARNED.clear()
        if type(self)._shared is None:
            type(self)._shared = self._start()
        assert type(self)._shared is not None
        self.use(type(self)._shared)
        self.addCleanup(self._part_from_what_is_spoilt)

    @classmethod
    def _start(cls) -> RunningSidecar:
        gpu = FakeNvidiaSmi(used_mib=1024)
        unittest.addModuleCleanup(gpu.close)
        made = RunningSidecar(gpu)
        unittest.addModuleCleanup(made.close)
        return made

    def use(self, sidecar: RunningSidecar) -> None:
        """Jobs find this one from now on; its jobs of before are none of this test's."""
        self.panel, self.gpu = sidecar, sidecar.fake
        self._before = {one["id"] for one in jobs_at(sidecar.url)}
        patcher = mock.patch.dict(os.environ, {"GPU_PANEL_URL": sidecar.url})
        patcher.start()
        self.addCleanup(patcher.stop)

    def use_own(self) -> None:
        """For a test after which the sidecar is not as it was: it is killed, or has learned something."""
        self.use(self.sidecar(self.fake(used_mib=1024)))

    def _part_from_what_is_spoilt(self) -> None:
        shared = type(self)._shared
        if shared is None:
            return
        if shared.process.poll() is not None or any(one["state"] in ("running", "waiting") for one in jobs_at(shared.url)):
            type(self)._shared = None

    def jobs(self) -> List[Dict[str, Any]]:
        """The jobs of this test."""
        return [one for one in jobs_at(self.panel.url) if one["id"] not in self._before]

    def states(self) -> List[str]:
        return [one["state"] for one in self.jobs()]

    def until_both_run(self) -> None:
        """Two run and none waits; where that does not come, what there is in its place is told."""
        counts = lambda: self.states().count("running") == 2 and "waiting" not in self.states()  # noqa: E731
        try:
            wait_until("both to run there, and none to wait", counts)
        except AssertionError as error:
            raise AssertionError(f"{error}: {jobs_at(self.panel.url)}") from None
