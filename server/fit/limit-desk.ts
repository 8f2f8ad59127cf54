import { type LimitState, limitOf } from "../../shared/capacity/limit.ts";

/** A backend's limit now; with `known` as soon as it is another one, or when the time is up. `undefined`: there is no such backend. */
export type AskForLimit = (backend: string, wait: LimitWait | null) => Promise<number | null | undefined>;

export interface LimitWait {
  known: number | null;
  mostMs: number;
  signal: AbortSignal;
}

interface LimitParts {
  state(): LimitState;
  /** Told when capacity has reckoned again. */
  onTurn(listener: () => void): () => void;
}

/** Answers those whose queues obey a limit. */
export function createLimitDesk({ state, onTurn }: LimitParts): AskForLimit {
  return (backend, wait) => {
    const now = () => limitOf(backend, state());
    if (wait === null || now() !== wait.known) return Promise.resolve(now());
    const { known, mostMs, signal } = wait;
    return new Promise((resolve) => {
      const done = () => {
        stop();
        clearTimeout(patience);
        signal.removeEventListener("abort", done);
        resolve(now());
      };
      const stop = onTurn(() => {
        if (now() !== known) done();
      });
      const patience = setTimeout(done, mostMs);
      signal.addEventListener("abort", done);
    });
  };
}
