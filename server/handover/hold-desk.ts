import type { BackendWatch } from "../release/backend-watch.ts";
import type { Backend } from "../release/backends/backend.ts";
import { beginHold, type Hold, type HoldSeen, type HoldTimes, holdAfter } from "./hold.ts";

/** The hold of the card: while it lasts the backends are asked whether they work, whether anybody watches or not. */
export interface HoldDesk {
  current(): Hold | null;
  begin(by: string): void;
  end(): void;
  /** A moment has passed. */
  follow(seen: () => HoldSeen): void;
}

export function createHoldDesk({
  backends,
  watch,
  nowMs,
  times,
  closing,
}: {
  backends: readonly Backend[];
  watch: Pick<BackendWatch, "ask" | "hold">;
  nowMs(): number;
  times: HoldTimes;
  closing: AbortSignal;
}): HoldDesk {
  let hold: Hold | null = null;
  let endWatch: (() => void) | null = null;

  async function askAll() {
    endWatch ??= watch.hold();
    await Promise.all(backends.map((backend) => watch.ask(backend, closing, "waiting")));
    if (hold !== null) hold = { ...hold, isAsked: true };
  }

  function end() {
    hold = null;
    endWatch?.();
    endWatch = null;
  }

  return {
    current: () => hold,
    begin(by) {
      const isNew = hold === null;
      hold = beginHold(hold, by, nowMs());
      if (isNew) void askAll();
    },
    end,
    follow(seen) {
      if (hold === null) return;
      hold = holdAfter(hold, seen(), times, nowMs());
      if (hold === null) end();
    },
  };
}
