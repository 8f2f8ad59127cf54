"""A sidecar that declared jobs find by the environment."""

from __future__ import annotations

import os
from unittest import mock

from rig import RigTest, jobs_at, wait_until

import gpu_status_panel as panel


class JobsRig(RigTest):
    def setUp(self) -> None:
        panel.WARNED.clear()
        self.gpu = self.fake(used_mib=1024)
        self.panel = self.sidecar(self.gpu)
        patcher = mock.patch.dict(os.environ, {"GPU_PANEL_URL": self.panel.url})
        patcher.start()
        self.addCleanup(patcher.stop)

    def states(self) -> list:
        return [one["state"] for one in jobs_at(self.panel.url)]

    def until_both_run(self) -> None:
        """Two run and none waits; where that does not come, what there is in its place is told."""
        counts = lambda: self.states().count("running") == 2 and "waiting" not in self.states()  # noqa: E731
        try:
            wait_until("both to run there, and none to wait", counts)
        except AssertionError as error:
            raise AssertionError(f"{error}: {jobs_at(self.panel.url)}") from None
