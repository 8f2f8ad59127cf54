import { needs } from "./needs.mjs";

/**
 * What the Comfy Registry and ComfyUI-Manager read of a pack. Addresses and publisher are the owner's, from package.json:
 * none is made up.
 */
export function comfyProject({ version, license, repository, comfyPublisherId }) {
  const required = needs(version);
  const said = typeof repository === "string" ? repository : repository?.url;
  const url = said?.replace(/^git\+/, "").replace(/\.git$/, "");
  const urls =
    url === undefined
      ? ""
      : `\n[project.urls]\nRepository = "${url}"\nDocumentation = "${url}#readme"\nIssues = "${url}/issues"\n`;
  const project = `[project]
name = "gpu-status-panel"
description = "Live VRAM left of Run, whether a workflow fits before it runs, every prompt as a job, and a Release VRAM button whose result is measured."
version = "${version}"
license = { file = "LICENSE" }
requires-python = ">=3.9"
dependencies = [${[...required, "comfyui-frontend-package>=1.16.0"].map((one) => JSON.stringify(one)).join(", ")}]
classifiers = ["License :: OSI Approved :: ${license} License", "Environment :: GPU :: NVIDIA CUDA", "Operating System :: OS Independent"]
${urls}
[tool.comfy]
PublisherId = ${JSON.stringify(comfyPublisherId ?? "")}
DisplayName = "GPU Status Panel"
Icon = "icon.svg"
requires-comfyui = ">=0.3.64"
includes = []
`;
  return { "pyproject.toml": project, "requirements.txt": `${required.join("\n")}\n` };
}
