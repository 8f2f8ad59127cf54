import * as v from "valibot";
import type { CapacityDatabase, Change } from "../data/database.ts";
import type { JobRecord } from "./job-record.ts";
import { readJobRecord } from "./read-record.ts";

/** The jobs as they survive the sidecar's end. What is saved is safe from a SIGKILL once `save` has returned. */
export interface JobStore {
  /** In order of arrival; what cannot be read is passed over. */
  load(): JobRecord[];
  /** All or nothing. */
  save(changed: readonly JobRecord[], forgotten: readonly string[]): void;
}

const PUT =
  "INSERT INTO jobs (id, place, body) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET place = excluded.place, body = excluded.body";
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
      const put = (record: JobRecord): Change => ({
        key: `job ${record.job.id}`,
        apply: (sql) => void sql.prepare(PUT).run(record.job.id, record.place, JSON.stringify(record)),
      });
      const remove = (id: string): Change => ({
        key: `job ${id}`,
        apply: (sql) => void sql.prepare("DELETE FROM jobs WHERE id = ?").run(id),
      });
      database.save([...changed.map(put), ...forgotten.map(remove)]);
    },
  };
}

function readRecord(row: unknown): JobRecord | null {
  const read = v.safeParse(rowSchema, row);
  if (!read.success) return null;
  try {
    return readJobRecord(JSON.parse(read.output.body));
  } catch {
    return null;
  }
}
