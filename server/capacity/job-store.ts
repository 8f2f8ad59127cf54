import * as v from "valibot";
import type { CapacityDatabase } from "./database.ts";
import { type JobRecord, jobRecordSchema } from "./job-record.ts";

/** The jobs as they survive the sidecar's end. What is saved is safe from a SIGKILL once `save` has returned. */
export interface JobStore {
  /** In order of arrival; what cannot be read is passed over. */
  load(): JobRecord[];
  /** All or nothing. */
  save(changed: readonly JobRecord[], forgotten: readonly string[]): void;
}

const rowSchema = v.object({ body: v.string() });

export function createJobStore(database: CapacityDatabase): JobStore {
  return {
    load: () =>
      database
        .use((sql) => sql.prepare("SELECT body FROM jobs ORDER BY place").all(), [])
        .flatMap((row) => {
          const record = readRecord(row);
          return record === null ? [] : [record];
        }),
    save(changed, forgotten) {
      if (changed.length === 0 && forgotten.length === 0) return;
      database.transact((sql) => {
        const put = sql.prepare(
          "INSERT INTO jobs (id, place, body) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
        );
        for (const record of changed) put.run(record.job.id, record.place, JSON.stringify(record));
        const remove = sql.prepare("DELETE FROM jobs WHERE id = ?");
        for (const id of forgotten) remove.run(id);
      });
    },
  };
}

function readRecord(row: unknown): JobRecord | null {
  const read = v.safeParse(rowSchema, row);
  if (!read.success) return null;
  try {
    const parsed = v.safeParse(jobRecordSchema, JSON.parse(read.output.body));
    return parsed.success ? parsed.output : null;
  } catch {
    return null;
  }
}
