import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
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
  const [program = "", script = ""] = JSON.parse(
    /^HEALTHCHECK .*CMD (\[.*\])$/m.exec(dockerfile)?.[1] ?? "[]",
  );
  expect([program, script]).toEqual(["node", "healthcheck.mjs"]);
  return new Promise<{ code: unknown; said: string }>((resolve) => {
    execFile(process.execPath, [join(root, "integrations/docker", script)], { env }, (error, stdout) =>
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

test("the Dockerfile copies and runs what there is, and ends as a plain user with the program that npm installs", () => {
  const lines = dockerfile.replaceAll("\\\n", " ").split("\n");
  const copied = lines.flatMap((line) => /^COPY (?!--from)(.+) \S+$/.exec(line)?.[1]?.split(" ") ?? []);
  expect(copied.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  const { scripts, bin } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  for (const [, name = ""] of dockerfile.matchAll(/npm run ([\w:]+)/g))
    expect(scripts).toHaveProperty([name]);
  expect(dockerfile).toContain(`ENTRYPOINT ["node", "${bin["gpu-status-panel"]}"]`);
  expect(lines.filter((line) => line.startsWith("USER "))).toEqual(["USER node"]);
});
