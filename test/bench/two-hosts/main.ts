import { writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createRandom } from "../capacity/random.ts";
import { cpuSeconds, residentMib } from "../proc-usage.ts";
import { type Ask, publishedProfiles, truePeaks } from "./asks.ts";
import { startTwoHosts } from "./hosts.ts";
import { learnAll, letPeopleAsk } from "./people.ts";
import { replayPerfect } from "./replay.ts";
import { eventsOf, finishedOf, kindOfFailure } from "./verdict.ts";

const TOTAL_MIB = 49_140;

/**
 * Thirty people at a real Gradio 6 and a real ComfyUI on one simulated 48 GB card: what they finish beside `perfect`, and
 * which jobs ran out of memory. `--minutes 20`, `--scale 1` (how many times faster jobs pass), `--users 30`, `--seed 1`,
 * `--noise 0.045`; `--learned`: each kind has run once before; `--published`: a figure within 5 % is known of each kind.
 * COMFYUI_DIR and COMFYUI_PYTHON say where ComfyUI is.
 */
export async function main(args: readonly string[]): Promise<void> {
  const number = (text: string) => ({ type: "string", default: text }) as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: number("20"),
      scale: number("1"),
      users: number("30"),
      seed: number("1"),
      noise: number("0.045"),
      learned: { type: "boolean", default: false },
      published: { type: "boolean", default: false },
    },
  });
  const dir = process.env.COMFYUI_DIR;
  if (dir === undefined)
    return print(
      "COMFYUI_DIR names no checkout of ComfyUI, and COMFYUI_PYTHON no Python with its requirements.",
    );
  const [seconds, scale, count] = [Number(values.minutes) * 60, Number(values.scale), Number(values.users)];
  print(
    `The VRAM is simulated: what each job holds is drawn before, and played by both hosts on one card of ${TOTAL_MIB} MiB.`,
  );
  const random = createRandom(Number(values.seed));
  const profiles = values.published ? publishedProfiles(random.fork(2), truePeaks(random.fork(1))) : [];
  const python = process.env.COMFYUI_PYTHON ?? "python3";
  const hosts = await startTwoHosts(TOTAL_MIB, scale, { dir, python }, profiles);
  try {
    if (values.learned) await learnAll(hosts, { seed: Number(values.seed) });
    const pid = hosts.sidecar.child.pid ?? 0;
    const [beganMs, cpuBefore] = [Date.now(), cpuSeconds(pid)];
    const users = { gradio: Math.ceil(count / 2), comfyui: Math.floor(count / 2) };
    const asks = await letPeopleAsk(hosts, {
      users,
      seconds,
      scale,
      seed: Number(values.seed),
      noise: Number(values.noise),
    });
    const cpu = ((cpuSeconds(pid) - cpuBefore) * 100_000) / (Date.now() - beganMs);
    print(
      `Sidecar: ${cpu.toFixed(1)} % of a core, ${residentMib(pid).toFixed(0)} MiB. Load ${loadavg()
        .map((one) => one.toFixed(1))
        .join(" ")}.`,
    );
    const events = eventsOf(hosts.folder).filter(
      ({ atMs }) => atMs >= beganMs && atMs <= beganMs + (seconds * 1000) / scale,
    );
    const done = finishedOf(asks, events);
    const perfect = replayPerfect(asks, TOTAL_MIB, { seconds, scale, beganMs });
    printOutcome(asks, events, scale);
    const ratio = done.vramTime / perfect.vramTime;
    print(
      `Finished: ${done.jobs} jobs, ${done.vramTime.toFixed(2)} GiB·h; perfect: ${perfect.jobs} jobs, ${perfect.vramTime.toFixed(2)} GiB·h; ${ratio.toFixed(3)} of perfect.`,
    );
    // What it takes to see afterwards who waited for what.
    writeFileSync(join(hosts.folder, "asks.json"), JSON.stringify({ beganMs, seconds, scale, asks }));
    print(`Events and asks: ${hosts.folder}`);
  } finally {
    await hosts.close();
  }
}

function printOutcome(asks: readonly Ask[], events: ReturnType<typeof eventsOf>, scale: number): void {
  const begun = new Map(
    events.flatMap((one) => (one.event === "begin" ? [[one.job, one.atMs] as const] : [])),
  );
  const ended = new Set(
    events.flatMap((one) => (one.event === "end" ? [asks.find(({ id }) => id === one.job)?.kind ?? ""] : [])),
  );
  for (const host of ["gradio", "comfyui"] as const) {
    const mine = asks.filter((one) => one.host === host);
    const waits = mine.flatMap(({ id, askedMs }) =>
      begun.has(id) ? [(((begun.get(id) ?? 0) - askedMs) * scale) / 1000] : [],
    );
    const mean = waits.reduce((sum, one) => sum + one, 0) / Math.max(1, waits.length);
    const count = (outcome: Ask["outcome"]) => mine.filter((one) => one.outcome === outcome).length;
    print(
      `${host}: ${mine.length} asked, ${waits.length} begun, ${count("done")} done, ${count("failed")} failed, ${count("refused")} refused, ${count("under way")} under way; waited ${mean.toFixed(0)} s on average, ${Math.max(0, ...waits).toFixed(0)} s at most`,
    );
    for (const { id, said } of mine.filter((one) => one.outcome === "refused" || one.outcome === "failed"))
      print(`  ${id}: ${said.slice(0, 200)}`);
  }
  const kinds = { bookkeeping: 0, first: 0, measured: 0 };
  for (const one of events) {
    if (one.event !== "out-of-memory") continue;
    // A figure is measured once a job of the kind has ended before.
    const kind = kindOfFailure(one, () => ended.size > 0);
    kinds[kind]++;
    print(
      `  out of memory (${kind}) ${one.job}: ${one.missing} MiB are missing; ${JSON.stringify({ held: one.held, wanted: one.wanted, known: one.known })}`,
    );
  }
  print(
    `Out of memory by bookkeeping ${kinds.bookkeeping}, by a first figure ${kinds.first}, by a measured figure that was exceeded ${kinds.measured}; of ${begun.size} starts. Nobody is undeclared, so that no estimator is asked.`,
  );
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
