import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { type FakeNvidiaSmi, fakeGpu } from "./fake-nvidia-smi.ts";
import { waitUntil } from "./wait-until.ts";

const FILE = fileURLToPath(new URL("../fixtures/backends/own-program.mjs", import.meta.url));
const lineSchema = v.union([v.object({ port: v.number() }), v.object({ held: v.number() })]);

/** A card of 24 GB whose VRAM is simulated: each program says what it holds of it. */
export const CARD_MIB = 24_564;
const REST_MIB = 700;
export const CARD = fakeGpu(0, { "memory.total": CARD_MIB, "memory.used": REST_MIB });

export interface OwnProgram {
  url: string;
  pid: number;
  /** As a backend of the config. */
  options(id: string): object;
  /** Begins a job of so many ms; false: it was broken by an unload. */
  job(ms: number): Promise<boolean>;
  heldMiB(): number;
  close(): Promise<void>;
}

export interface ProgramOptions {
  modelMiB: number;
  loadMs?: number;
  loaded?: boolean;
  /** What an unload during a job does. */
  unload?: "atomic" | "deferred" | "breaks";
}

export async function startOwnProgram(
  options: ProgramOptions,
  onHeld: () => void = () => {},
): Promise<OwnProgram> {
  const child = spawn(process.execPath, [FILE, JSON.stringify(options)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  let port: number | null = null;
  let heldMiB = 0;
  let rest = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const said = v.parse(lineSchema, JSON.parse(line));
      if ("port" in said) port = said.port;
      else {
        heldMiB = said.held;
        onHeld();
      }
    }
  });
  const listening = await waitUntil(() => port, { what: "the port of a program of its own" });
  const url = `http://127.0.0.1:${listening}`;
  return {
    url,
    pid: child.pid ?? 0,
    options: (id) => ({ kind: "http", id, url: `${url}/`, load: { url: `${url}/load` } }),
    async job(ms) {
      const answer = await fetch(`${url}/job`, { method: "POST", body: JSON.stringify({ ms }) });
      return v.parse(v.object({ whole: v.boolean() }), await answer.json()).whole;
    },
    heldMiB: () => heldMiB,
    async close() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

/** Who holds what of the card, for the scripted nvidia-smi. */
export interface Holding {
  pid: number;
  name: string;
  mib: number;
}

/** Writes what all hold into the script, and notes how often it was more than there is. */
export function createSharedCard(fake: () => FakeNvidiaSmi | null, holdings: () => readonly Holding[]) {
  let mostMiB = 0;
  let overflows = 0;
  let isOver = false;
  return {
    showAll() {
      const held = holdings().filter(({ mib }) => mib > 0);
      const usedMiB = REST_MIB + held.reduce((sum, { mib }) => sum + mib, 0);
      mostMiB = Math.max(mostMiB, usedMiB);
      if (usedMiB > CARD_MIB && !isOver) overflows++;
      isOver = usedMiB > CARD_MIB;
      fake()?.set({
        gpus: [{ ...CARD, "memory.used": Math.min(usedMiB, CARD_MIB) }],
        processes: held.map(({ pid, name, mib }) => ({
          ...{ gpu_uuid: CARD.uuid, pid, process_name: name, used_memory: mib },
        })),
      });
    },
    mostMiB: () => mostMiB,
    /** How often a program would have run out of memory. */
    overflows: () => overflows,
  };
}
