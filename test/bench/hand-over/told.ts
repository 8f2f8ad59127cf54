import { setTimeout as sleep } from "node:timers/promises";
import * as v from "valibot";
import { type ReleaseRecord, releaseRecordSchema } from "../../../shared/release/record.ts";
import type { Come, Outcome } from "./people.ts";
import type { Wish } from "./traffic.ts";
import type { World } from "./world.ts";

export const print = (text: string) => process.stdout.write(`${text}\n`);

/** Prints each hand-over as the sidecar's release history has it, until it is stopped. */
export async function followActs({ sidecar }: World, over: AbortSignal): Promise<ReleaseRecord[]> {
  const seen = new Map<string, ReleaseRecord>();
  const began = Date.now();
  for (;;) {
    const isLast = over.aborted;
    const answer = await fetch(`${sidecar.url}api/v1/releases`);
    const records = v.parse(v.array(releaseRecordSchema), await answer.json());
    const acts = records.filter(({ id, reason }) => reason === "hand-over" && !seen.has(id));
    for (const act of acts.reverse()) {
      seen.set(act.id, act);
      print(`  ${((act.startedAt - began) / 1000).toFixed(1)} s: ${actInWords(act)}`);
    }
    if (isLast) return [...seen.values()];
    await sleep(1000, undefined, { signal: over }).catch(() => {});
  }
}

const secondsOf = ({ startedAt, finishedAt }: ReleaseRecord) => (finishedAt - startedAt) / 1000;

function actInWords(act: ReleaseRecord): string {
  const who = act.parts.map(({ backend }) => backend).join(", ");
  const mib = act.freedMiB === null ? "MiB unknown" : `${Math.abs(act.freedMiB)} MiB`;
  const what = act.did === "load" ? "came back, took" : `left for ${act.forWhom ?? "nobody"}, freed`;
  const problem = act.problem === null ? "" : ` (${act.problem})`;
  return `${who} ${what} ${mib} in ${secondsOf(act).toFixed(1)} s${problem}`;
}

/** How many of each kind came to what. */
export function printOutcome(comes: readonly Come[], scale: number): void {
  const kinds: readonly Wish["kind"][] = ["render", "answer", "llama page", "render page"];
  for (const kind of kinds) {
    const mine = comes.filter(({ wish }) => wish.kind === kind);
    const count = (outcome: Outcome) => mine.filter((one) => one.outcome === outcome).length;
    const waits = mine.map(({ waitedMs }) => (waitedMs * scale) / 1000);
    const mean = waits.reduce((sum, one) => sum + one, 0) / Math.max(1, waits.length);
    print(
      `${kind}: ${mine.length} asked, ${count("done")} done, ${count("away")} told that it is away, ${count("hit")} hit, ${count("failed")} failed, ${count("waits")} still waiting; waited ${mean.toFixed(0)} s on average, ${Math.max(0, ...waits).toFixed(0)} s at most`,
    );
    for (const { wish, outcome, said } of mine)
      if (outcome === "hit") print(`  at ${(wish.atS / scale).toFixed(1)} s: ${said}`);
  }
}

export function printActs(acts: readonly ReleaseRecord[]): void {
  const releases = acts.filter(({ did }) => did !== "load");
  const loads = acts.filter(({ did }) => did === "load");
  for (const [what, which] of [
    ["Left", releases],
    ["Came back", loads],
  ] as const) {
    const seconds = which.map(secondsOf).sort((a, b) => a - b);
    const median = seconds[Math.floor(seconds.length / 2)] ?? 0;
    const failed = which.filter(({ state }) => state === "failed").length;
    print(
      `${what}: ${which.length} (${failed} failed), in ${median.toFixed(1)} s in the median, ${(seconds.at(-1) ?? 0).toFixed(1)} s at most`,
    );
  }
}
