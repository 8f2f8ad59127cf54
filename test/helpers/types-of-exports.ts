import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

/** What the compiler says of a file that uses every export of the package installed in `folder`, resolved in one of its ways. */
export async function typesOfExports(folder: string, resolution: string): Promise<string> {
  mkdirSync(join(folder, "src"), { recursive: true });
  writeFileSync(
    join(folder, "src/use.ts"),
    `import { type Gpu, GpuStatusPanel, type GpuStatusPanelProps } from "gpu-status-panel/react";
  import "gpu-status-panel/element";
  import type { GpuStatusPanelElement } from "gpu-status-panel/element";
  import { createSidecar, type MountedSidecar } from "gpu-status-panel/server";
  import { createServer } from "node:http";

  const props: GpuStatusPanelProps = { view: "compact", gpu: [0, 1], onState: ({ gpus }) => use(gpus[0]) };
  function use(gpu: Gpu | undefined): number | null {
    return gpu?.memoryUsedMiB ?? null;
  }
  export const drawn = GpuStatusPanel(props);
  export const element: GpuStatusPanelElement = document.createElement("gpu-status-panel");
  element.addEventListener("gpu-release", ({ detail }) => detail.freedMiB?.toFixed());
  export const sidecar: MountedSidecar = createSidecar({ server: createServer(), basePath: "/gpu/" });
  // @ts-expect-error there is no such view
  export const wrong: GpuStatusPanelProps = { view: "huge" };
  `,
  );
  const module = resolution === "bundler" ? "ESNext" : resolution;
  const options = { strict: true, skipLibCheck: false, noEmit: true, target: "ES2022", jsx: "react-jsx" };
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: {
        ...options,
        exactOptionalPropertyTypes: true,
        module,
        moduleResolution: resolution,
        lib: ["ES2022", "DOM"],
        types: ["node"],
      },
      include: ["src"],
    }),
  );
  const { stdout } = await run(process.execPath, [
    join(ROOT, "node_modules/typescript/bin/tsc"),
    "-p",
    folder,
  ]);
  return stdout;
}
