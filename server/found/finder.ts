import type { Gpu } from "../../shared/gpu/gpu.ts";
import { createEmitter } from "../lib/emitter.ts";
import { type Candidate, candidatesOf, type ProcessPort } from "./candidates.ts";
import type { Recognised } from "./kinds.ts";

/** A program that was recognised behind a port. */
export interface FoundPort extends Recognised {
  port: number;
  /** The process on a GPU that led there. */
  pid: number | null;
}

/** Looks for backends that nobody has set up, while somebody watches. */
export interface Finder {
  found(): readonly FoundPort[];
  /** Somebody watches, or nobody does any more. */
  setWatched(watched: boolean): void;
  /** A sample came: programs may have come or gone. */
  sample(): void;
  /** Asks everything anew. */
  lookAgain(): void;
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}

export interface FinderParts {
  gpus(): readonly Pick<Gpu, "processes">[];
  /** Where processes listen. */
  portsOf(pids: readonly number[]): Promise<readonly ProcessPort[]>;
  /** Ports of this sidecar and of backends that there are. */
  taken(): ReadonlySet<number>;
  ask(candidate: Candidate, signal: AbortSignal): Promise<Recognised | null>;
  isRunning(pid: number): boolean;
  nowMs(): number;
  lookAgainMs: number;
}

/** Ports asked at the same time. */
const AT_ONCE = 4;
/** Processes whose ports are looked up. */
const MOST_PROCESSES = 32;
const MOST_REMEMBERED = 1000;

export function createFinder(parts: FinderParts): Finder {
  const closing = new AbortController();
  const changes = createEmitter<void>();
  const asked = new Set<string>();
  const lookedAtMs = new Map<number, number>();
  let found: readonly FoundPort[] = [];
  let watched = false;
  let wantsUsual = true;
  let looking: Promise<void> | null = null;

  function set(next: readonly FoundPort[]) {
    if (JSON.stringify(next) === JSON.stringify(found)) return;
    found = next;
    changes.emit();
  }

  /** Processes on a GPU that are no backend's, and whose ports were not looked for lately. */
  function strangers(): number[] {
    const processes = parts.gpus().flatMap((gpu) => gpu.processes ?? []);
    const now = parts.nowMs();
    const pids = new Set(processes.flatMap(({ pid, backend }) => (backend === undefined ? [pid] : [])));
    for (const pid of lookedAtMs.keys()) if (!pids.has(pid)) lookedAtMs.delete(pid);
    const isDue = (pid: number) =>
      now - (lookedAtMs.get(pid) ?? Number.NEGATIVE_INFINITY) >= parts.lookAgainMs;
    const isFound = (pid: number) => found.some((one) => one.pid === pid);
    return [...pids].filter((pid) => isDue(pid) && !isFound(pid)).slice(0, MOST_PROCESSES);
  }

  async function askAround(pids: readonly number[]) {
    const withUsual = wantsUsual;
    wantsUsual = false;
    for (const pid of pids) lookedAtMs.set(pid, parts.nowMs());
    const listening = await parts.portsOf(pids);
    if (asked.size > MOST_REMEMBERED) asked.clear();
    const queue = candidatesOf(listening, { withUsual, taken: parts.taken(), asked });
    for (const { key } of queue) asked.add(key);
    const next = () => queue.shift();
    await Promise.all(Array.from({ length: AT_ONCE }, () => askAll(next)));
  }

  async function askAll(next: () => Candidate | undefined) {
    for (let one = next(); one !== undefined && !closing.signal.aborted; one = next()) {
      const recognised = await parts.ask(one, closing.signal);
      const { port, pid } = one;
      if (recognised === null || closing.signal.aborted) continue;
      set([...found.filter((other) => other.port !== port), { ...recognised, port, pid }]);
    }
  }

  function lookIfDue() {
    if (!watched || looking !== null || closing.signal.aborted) return;
    set(found.filter(({ pid }) => pid === null || parts.isRunning(pid)));
    const pids = strangers();
    if (pids.length === 0 && !wantsUsual) return;
    looking = askAround(pids).finally(() => {
      looking = null;
    });
  }

  return {
    found: () => found,
    setWatched(next) {
      watched = next;
    },
    sample: lookIfDue,
    lookAgain() {
      asked.clear();
      lookedAtMs.clear();
      wantsUsual = true;
      set([]);
      lookIfDue();
    },
    onChange: changes.subscribe,
    async close() {
      closing.abort();
      await looking;
    },
  };
}
