import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { type Rig, startRig } from "../helpers/rig.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const dockerfile = readFileSync(join(root, "integrations/docker/Dockerfile"), "utf8");

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.close();
  rig = undefined;
});

/** Runs the image's health check, as the Dockerfile names it, with this environment. */
function checkHealth(env: NodeJS.ProcessEnv) {
  const [program, ...flags] = JSON.parse(/^HEALTHCHECK .*CMD (\[.*\])$/m.exec(dockerfile)?.[1] ?? "[]");
  expect([program, ...flags]).toEqual(["gpu-status-panel", "--check"]);
  return new Promise<{ code: unknown; said: string }>((resolve) => {
    const command = [join(root, "dist/server/main.js"), ...flags];
    execFile(process.execPath, command, { env }, (error, stdout) =>
      resolve({ code: error === null ? 0 : error.code, said: stdout }),
    );
  });
}

test("WIRE-8b the image's health check is healthy while samples come, under a base path too, and says why it is not", async () => {
  rig = await startRig({ flags: ["--base-path", "/gpu/"] });
  const { fake, sidecar } = rig;
  const env = { GPU_PANEL_PORT: new URL(sidecar.url).port, GPU_PANEL_BASE_PATH: "gpu" };
  await waitUntil(async () => (await checkHealth(env)).code === 0, { what: "a healthy sidecar" });
  fake.set({ behaviour: { kind: "sentence", text: "No devices were found", exitCode: 6 } });
  fake.kill("SIGKILL");
  await waitUntil(
    async () => {
      const { code, said } = await checkHealth(env);
      return code === 1 && said.includes("no GPU");
    },
    { what: "an unhealthy one with the reason" },
  );
  expect(await checkHealth({ ...env, GPU_PANEL_PORT: "1" })).toMatchObject({ code: 1 });
});

test("the Dockerfile installs the npm package alone, and ends as a plain user with its program", () => {
  const lines = dockerfile.replaceAll("\\\n", " ").split("\n");
  expect(lines.filter((line) => line.startsWith("COPY "))).toEqual(["COPY gpu-status-panel-*.tgz /tmp/"]);
  const { bin } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const [program] = Object.keys(bin);
  expect(dockerfile).toContain(`ENTRYPOINT ["${program}"]`);
  expect(lines.filter((line) => line.startsWith("USER "))).toEqual(["USER node"]);
});
