import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { inject } from "vitest";
import type { Timings } from "../../server/timings.ts";
import { listen } from "./listen.ts";
import type { RunningSidecar } from "./sidecar.ts";

/** Kept by the processes that run several files. Asked for when one is started: benches use these helpers without vitest. */
let parts: Promise<typeof import("./sidecar-parts.ts")> | undefined;
const CLIENT = fileURLToPath(new URL("../../dist/client", import.meta.url));

/**
 * The sidecar in the process of the test, which costs a tenth of a start of its own. It does what `server/main.ts`
 * does, but for signals and exit codes; the pages are the built ones.
 */
export async function startSidecarHere(
  flags: readonly string[],
  given: NodeJS.ProcessEnv,
  alter: (timings: Timings) => Timings = (timings) => timings,
): Promise<RunningSidecar> {
  parts ??= import(/* @vite-ignore */ inject("sidecarParts"));
  const { createBareServer, createSidecar, optionsSchema, readOptions, readTimeScale } = await parts;
  const { scaleTimings, testOptionsSchema, TIMINGS, urlOf } = await parts;
  const env = { PATH: process.env.PATH, ...given };
  const scale = readTimeScale(env);
  if (scale.kind === "error") throw new Error(scale.error);
  const readText = (path: string) => readFileSync(path, "utf8");
  const read = readOptions(flags, env, readText, scale.asked ? testOptionsSchema : optionsSchema);
  if (read.kind !== "options") throw new Error(JSON.stringify(read));
  const { options } = read;
  const timings = alter(scaleTimings(TIMINGS, scale.factor));
  const server = createBareServer(timings.http);
  const port = await listen(server);
  const url = urlOf(options.host, port, options.basePath);
  let told = "";
  const sidecar = createSidecar(options, {
    clientFolder: CLIENT,
    version: "test",
    env,
    bound: { server, url },
    complain: (message) => {
      told += `gpu-status-panel: ${message}\n`;
    },
    timings,
    timeScale: scale.factor,
  });
  const link = sidecar.token === null ? url : `${url}#token=${sidecar.token}`;
  let ended: Promise<void> | undefined;
  return {
    url,
    output: () => `GPU status panel: ${link}\n${told}`,
    get child(): never {
      throw new Error("it has no process of its own: ask the rig for one by `own: true`");
    },
    async end() {
      ended ??= sidecar.close();
      await ended;
      return 0;
    },
  };
}
