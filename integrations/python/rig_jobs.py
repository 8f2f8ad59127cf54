"""A sidecar that declared jobs find by the environment."""

from __future__ import annotations

import os
from unittest import mock

from rig import RigTest, jobs_at

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
