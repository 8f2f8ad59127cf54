import * as v from "valibot";
import type { CapacityDatabase, Sql } from "./database.ts";
import type { Signature } from "./learn.ts";

/** What finished jobs have taught, across restarts. */
export interface SignatureStore {
  /** Those that are kept, oldest first; what cannot be read is passed over. */
  load(): Signature[];
  append(signature: Signature): void;
}

/** More than any kind's peaks and curves are drawn from. */
const KEPT = 2000;
/** What an out-of-memory taught of jobs that nobody marked is not seen again while it is heeded: it is kept for longer. */
const OVERRUNS_KEPT = 20_000;
const levels = v.array(v.number());
const signatureSchema = v.object({
  profile: v.nullable(v.string()),
  name: v.nullable(v.string()),
  peakMiB: v.number(),
  seconds: v.number(),
  curve: v.object({ stepS: v.number(), lowMiB: levels, highMiB: levels }),
  outOfMemory: v.boolean(),
  endedAtMs: v.number(),
  overruns: v.exactOptional(v.array(v.object({ wantedMiB: v.number(), roomMiB: v.number() }))),
  unnamed: v.exactOptional(v.boolean()),
  reported: v.exactOptional(v.boolean()),
});
const rowSchema = v.object({ body: v.string() });

export function createSignatureStore(database: CapacityDatabase): SignatureStore {
  let appended = 0;
  return {
    load: () =>
      database
        .use((sql) => sql.prepare("SELECT body FROM signatures ORDER BY id").all(), [])
        .flatMap((row) => readSignature(row) ?? []),
    append(signature) {
      const apply = (sql: Sql) => {
        sql.prepare("INSERT INTO signatures (body) VALUES (?)").run(JSON.stringify(signature));
        const old = "DELETE FROM signatures WHERE id <= (SELECT MAX(id) FROM signatures) - ?";
        sql.prepare(`${old} AND body NOT LIKE '%"overruns":[{%'`).run(KEPT);
        sql.prepare(old).run(OVERRUNS_KEPT);
      };
      // Of those that wait for the disk, the last ones are enough.
      database.save([{ key: `signature ${appended++ % KEPT}`, apply }]);
    },
  };
}

function readSignature(row: unknown): Signature | null {
  const read = v.safeParse(rowSchema, row);
  if (!read.success) return null;
  try {
    const parsed = v.safeParse(signatureSchema, JSON.parse(read.output.body));
    return parsed.success ? parsed.output : null;
  } catch {
    return null;
  }
}
