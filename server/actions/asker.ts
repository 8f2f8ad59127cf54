import type { Problem } from "../../shared/problems/problem.ts";

/** Who asks for an action. */
export interface Asker {
  /** The connection's own address, never what a header claims. */
  readonly address: string;
  /** Why it may not act, or `null` when it may. */
  readonly actProblem: Problem | null;
  /** The backend that it may release alone; `undefined`: all of them. */
  readonly ownBackend: string | undefined;
  /** Where its request arrived, of a program on this very machine that comes through no proxy; `null`: not told. */
  readonly directPort: number | null;
  /** Aborted when nobody waits for the answer any more. */
  gone(): AbortSignal;
}

/** A connected panel that asks. */
export interface Viewer extends Asker {
  readonly historyMs: number;
  /** From now on history goes back so far, if it did not already. */
  wantHistory(windowMs: number): void;
  setWatching(watching: boolean): void;
}
