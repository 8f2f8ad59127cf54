import * as v from "valibot";
import { sessionSchema } from "../../../shared/sessions/session.ts";
import { gpuTallySchema } from "../../../shared/sessions/tally.ts";
import type { CapacityDatabase } from "../../data/database.ts";

const { gpus: _, ...head } = sessionSchema.entries;
/** A session as it is kept: with what was summed up in place of the figures. */
export const keptSessionSchema = v.object({
  ...head,
  /** The job it is of. */
  job: v.nullable(v.string()),
  /** UUIDs of its GPUs; `null`: all that come. */
  uuids: v.nullable(v.array(v.string())),
  tallies: v.array(gpuTallySchema),
});
export type KeptSession = v.InferOutput<typeof keptSessionSchema>;

/** Sessions across restarts. */
export interface SessionStore {
  /** Oldest first; what cannot be read is passed over. */
  load(): KeptSession[];
  save(changed: readonly KeptSession[]): void;
  remove(ids: readonly string[]): void;
}

const PUT =
  "INSERT INTO sessions (id, started, body) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body";
const rowSchema = v.object({ body: v.string() });

export function createSessionStore(database: CapacityDatabase): SessionStore {
  return {
    load: () =>
      database
        .use((sql) => sql.prepare("SELECT body FROM sessions ORDER BY started").all(), [])
        .flatMap((row) => read(row) ?? []),
    save: (changed) =>
      database.save(
        changed.map((session) => ({
          key: `session ${session.id}`,
          apply: (sql) => void sql.prepare(PUT).run(session.id, session.startedAt, JSON.stringify(session)),
        })),
      ),
    remove: (ids) =>
      database.save(
        ids.map((id) => ({
          key: `session ${id}`,
          apply: (sql) => void sql.prepare("DELETE FROM sessions WHERE id = ?").run(id),
        })),
      ),
  };
}

function read(row: unknown): KeptSession | null {
  const found = v.safeParse(rowSchema, row);
  if (!found.success) return null;
  try {
    const parsed = v.safeParse(keptSessionSchema, JSON.parse(found.output.body));
    return parsed.success ? parsed.output : null;
  } catch {
    return null;
  }
}
