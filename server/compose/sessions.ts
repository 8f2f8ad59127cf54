import type { CapacityDatabase } from "../data/database.ts";
import type { Time } from "../lib/clock.ts";
import type { Disposer } from "../lib/disposer.ts";
import { createSessionStore } from "../recording/sessions/session-store.ts";
import { createSessions, type Sessions } from "../recording/sessions/sessions.ts";
import type { Timings } from "../timings.ts";

export interface SessionsDeps {
  disposer: Disposer;
  database: CapacityDatabase;
  /** The regular distance between samples. */
  intervalMs(): number;
  time: Time;
  timings: Pick<Timings, "sampling" | "recording">;
}

/** Sums up what is marked, by hand or as a job. */
export function composeSessions({ disposer, database, intervalMs, time, timings }: SessionsDeps): Sessions {
  const longestMs = () => 2 * Math.max(timings.sampling.idleIntervalMs, intervalMs());
  const sessions = createSessions(createSessionStore(database), longestMs, () => time.wallOf(time.nowMs()));
  disposer.add(sessions.save);
  disposer.add(database.onOpened(sessions.takeOver));
  const timer = setInterval(sessions.save, timings.recording.sessionsSaveMs);
  disposer.add(() => clearInterval(timer));
  return sessions;
}
