import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { withBusyMachine } from "./busy-machine.ts";
import { median, type Section } from "./figure.ts";
import { firstLine } from "./node-child.ts";

const MAIN = fileURLToPath(new URL("../../dist/server/main.js", import.meta.url));
const ROUNDS = 5;

/** From the command to the line that says where the panel is. */
export const startSection: Section = async () => {
  const ours: number[] = [];
  const bare: number[] = [];
  await withBusyMachine(async (fake) => {
    for (let round = 0; round < ROUNDS; round++) {
      ours.push(await startSidecarOnce(["--port", "0", "--nvidia-smi", fake.path], fake.env));
      bare.push(await startNothing());
    }
  });
  return {
    figures: [
      { name: `cold start (median of ${ROUNDS})`, value: median(ours), unit: "ms", baseline: median(bare) },
    ],
    notes: [
      `Spawn to printed line: ${all(ours)} ms. Baseline, \`node -e 0\` from spawn to exit: ${all(bare)} ms.`,
    ],
  };
};

async function startSidecarOnce(flags: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const before = performance.now();
  const child = spawn(process.execPath, [MAIN, ...flags], { env, stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  try {
    const line = await firstLine(child);
    if (!line.startsWith("GPU status panel: ")) throw new Error(`the sidecar said: ${line}`);
    return performance.now() - before;
  } finally {
    child.kill("SIGTERM");
    await ended;
  }
}

async function startNothing(): Promise<number> {
  const before = performance.now();
  await once(spawn(process.execPath, ["-e", "0"], { stdio: "ignore" }), "exit");
  return performance.now() - before;
}

const all = (values: readonly number[]) => values.map((value) => value.toFixed(0)).join(", ");
