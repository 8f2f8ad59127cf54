import { type FakeNvidiaSmi, fakeGpu } from "../../helpers/fake-nvidia-smi.ts";

/** What the language model holds while its process lives; what the renderer holds once it has loaded. */
export const MODEL_MIB = 14_000;
export const RENDER_MIB = 18_000;
const CARD_MIB = 24_564;
const REST_MIB = 700;
export const CARD = fakeGpu(0, { "memory.total": CARD_MIB, "memory.used": REST_MIB });

export interface Holding {
  pid: number;
  name: string;
  mib: number;
}

/** A card of 24 GB that is simulated: whoever takes more than there is runs out of memory. */
export interface Card {
  /** Reads anew who holds what, and shows it to the sidecar. */
  refresh(): void;
  mostMiB(): number;
  /** Who ran out, and when. */
  outOfMemory(): readonly { name: string; atMs: number }[];
}

/** @param runOut the one that asked for what there is not loses what it has */
export function createCard(
  fake: FakeNvidiaSmi,
  {
    holdings,
    works,
    runOut,
  }: { holdings(): readonly Holding[]; works(): boolean; runOut(who: Holding): void },
): Card {
  const failures: { name: string; atMs: number }[] = [];
  let held: readonly Holding[] = [];
  let mostMiB = 0;
  let shown = "";
  /** Those that have run out and still hold something. */
  const failing = new Set<number>();

  function judge(now: readonly Holding[]): void {
    const usedMiB = REST_MIB + now.reduce((sum, { mib }) => sum + mib, 0);
    if (usedMiB <= CARD_MIB) {
      failing.clear();
      mostMiB = Math.max(mostMiB, usedMiB);
      return;
    }
    const before = new Map(held.map(({ pid, mib }) => [pid, mib]));
    const grown = now.filter(({ pid, mib }) => mib > (before.get(pid) ?? 0) && !failing.has(pid));
    for (const who of grown.slice(-1)) {
      failing.add(who.pid);
      failures.push({ name: who.name, atMs: Date.now() });
      runOut(who);
    }
  }

  return {
    refresh() {
      const now = holdings().filter(({ mib }) => mib > 0);
      const text = JSON.stringify([now, works()]);
      if (text === shown) return;
      shown = text;
      judge(now);
      held = now;
      const usedMiB = REST_MIB + now.reduce((sum, { mib }) => sum + mib, 0);
      fake.set({
        gpus: [
          {
            ...CARD,
            "memory.used": Math.min(usedMiB, CARD_MIB),
            "utilization.gpu": works() ? 95 : 0,
          },
        ],
        processes: now.map(({ pid, name, mib }) => ({
          ...{ gpu_uuid: CARD.uuid, pid, process_name: name, used_memory: mib },
        })),
      });
    },
    mostMiB: () => mostMiB,
    outOfMemory: () => failures,
  };
}
