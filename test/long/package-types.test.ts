import { execFile } from "node:child_process";
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";
import { type PackedPackage, packPackage } from "../helpers/packed-package.ts";
import { typesOfExports } from "../helpers/types-of-exports.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

let packed: PackedPackage;
beforeAll(async () => {
  packed = await packPackage();
}, 240_000);

/** What the compiler says of one file beside the installed package, with every check that a user may have on. */
async function compile(folder: string, file: string, code: string, options: object = {}): Promise<string> {
  writeFileSync(join(folder, file), code);
  const strict = { strict: true, skipLibCheck: false, exactOptionalPropertyTypes: true, noEmit: true };
  const modern = { target: "ES2022", module: "ESNext", moduleResolution: "bundler", lib: ["ES2022", "DOM"] };
  const compilerOptions = { ...strict, ...modern, types: [], ...options };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: [file] }));
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  return run(process.execPath, [tsc, "-p", folder]).then(
    ({ stdout }) => stdout,
    ({ stdout }) => String(stdout),
  );
}

test.each(["node16", "nodenext"])("EMB-9b every export type-checks under %s", async (resolution) => {
  expect(await typesOfExports(await packed.withReact(19), resolution)).toBe("");
});

test.each([18, 19])(
  "EMB-9b React %i: the element's tag is known to JSX, its attributes checked",
  async (major) => {
    const code = `import type { GpuStatusPanelElement } from "gpu-status-panel/element";
import { useRef } from "react";

export function App() {
  const panel = useRef<GpuStatusPanelElement>(null);
  return <gpu-status-panel ref={panel} key="gpu" view="compact" gpu="0,1" style={{ width: 340 }} />;
}
// @ts-expect-error there is no such view
export const wrong = <gpu-status-panel view="huge" />;
// @ts-expect-error there is no such element
export const other = <gpu-status-pane />;
`;
    expect(await compile(await packed.withReact(major), "app.tsx", code, { jsx: "react-jsx" })).toBe("");
  },
);

test("EMB-9b Vue: the element's tag is a global component, its attributes and events checked", async () => {
  const code = `import type {} from "gpu-status-panel/element";
import type { GlobalComponents } from "vue";

type Panel = InstanceType<GlobalComponents["gpu-status-panel"]>;
export const attributes: Panel["$props"] = { view: "compact", gpu: 0, class: "mine" };
export const emit = (panel: Panel, told: CustomEvent) => panel.$emit("gpu-release", told);
// @ts-expect-error there is no such view
export const wrong: Panel["$props"] = { view: "huge" };
`;
  expect(await compile(await packed.withVue(), "app.ts", code)).toBe("");
});

test("EMB-9b without a framework the element's types say nothing of one", async () => {
  const code = `import type { GpuStatusPanelElement } from "gpu-status-panel/element";
export const panel: GpuStatusPanelElement = document.createElement("gpu-status-panel");
`;
  const app = packed.emptyFolder();
  symlinkSync(join(await packed.installed(), "node_modules"), join(app, "node_modules"));
  expect(await compile(app, "app.ts", code)).toBe("");
});
