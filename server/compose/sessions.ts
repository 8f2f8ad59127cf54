import type { CapacityDatabase } from "../capacity/database.ts";
import type { Disposer } from "../lib/disposer.ts";
import { createSessionStore } from "../recording/sessions/session-store.ts";
import { createSessions, type Sessions } from "../recording/sessions/sessions.ts";
import { IDLE_INTERVAL_MS } from "../sampling/sampler.ts";

export interface SessionsDeps {
  disposer: Disposer;
  database: CapacityDatabase;
  /** The regular distance between samples. */
  intervalMs(): number;
  /** Epoch milliseconds of the samples' clock. */
  nowMs(): number;
}

/** What a kill may cost of the sums. */
const SAVE_MS = 10_000;

/** Sums up what is marked, by hand or as a job. */
export function composeSessions({ disposer, database, intervalMs, nowMs }: SessionsDeps): Sessions {
  const longestMs = () => 2 * Math.max(IDLE_INTERVAL_MS, intervalMs());
  const sessions = createSessions(createSessionStore(database), longestMs, nowMs);
  disposer.add(sessions.save);
  disposer.add(database.onOpened(sessions.takeOver));
  const timer = setInterval(sessions.save, SAVE_MS);
  disposer.add(() => clearInterval(timer));
  return sessions;
}
