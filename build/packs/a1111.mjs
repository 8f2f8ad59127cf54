import { needs } from "./needs.mjs";

const INSTALL = `"""Run by the WebUI before it starts: what the extension needs, by plain lines of pip."""

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import launch
from packaging.requirements import Requirement


def is_met(line: str) -> bool:
    wanted = Requirement(line)
    try:
        return wanted.specifier.contains(version(wanted.name), prereleases=True)
    except PackageNotFoundError:
        return False


for line in Path(__file__).with_name("requirements.txt").read_text("utf-8").split():
    if not is_met(line):
        launch.run_pip(f'install "{line}"', f"{line} for gpu-status-panel")
`;

/** What A1111, Forge and SD.Next read of an extension. */
export function a1111Files({ version }) {
  return {
    "install.py": INSTALL,
    "metadata.ini": "[Extension]\nName = gpu-status-panel\n",
    "requirements.txt": `${needs(version).join("\n")}\n`,
  };
}
