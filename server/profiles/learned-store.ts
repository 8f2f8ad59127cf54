import * as v from "valibot";
import { profileSchema } from "../../shared/profiles/profile.ts";
import type { CapacityState, Learned } from "../capacity/model.ts";
import { POLICY } from "../capacity/policy.ts";
import type { CapacityDatabase, Sql } from "../data/database.ts";
import { jobClassSchema } from "./job-class-schema.ts";
import { keepLearned, type LearnedState, restoreLearned } from "./kept.ts";
import type { OtherClass } from "./known-profiles.ts";
import { type TakenFigure, takenFigureSchema } from "./taken-figure.ts";

/** What ended jobs have taught, across restarts. */
export interface LearnedStore {
  load(): Kept | null;
  save(state: CapacityState, others: readonly OtherClass[], taken: readonly TakenFigure[]): void;
}

const keptSchema = v.object({
  learned: v.unknown(),
  others: v.array(v.object({ jobClass: jobClassSchema, profile: profileSchema })),
  taken: v.optional(v.array(takenFigureSchema), []),
});
export interface Kept {
  learned: LearnedState;
  others: OtherClass[];
  taken: TakenFigure[];
}

const PUT =
  "INSERT INTO learned (id, body) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body";
const rowSchema = v.object({ body: v.string() });

export function createLearnedStore(database: CapacityDatabase): LearnedStore {
  return {
    load() {
      const row = database.use((sql) => sql.prepare("SELECT body FROM learned").get(), undefined);
      const read = v.safeParse(rowSchema, row);
      if (!read.success) return loadBefore(database);
      try {
        const parsed = v.safeParse(keptSchema, JSON.parse(read.output.body));
        if (!parsed.success) return null;
        return { ...parsed.output, learned: restoreLearned(parsed.output.learned) };
      } catch {
        return null;
      }
    },
    save(state, others, taken) {
      const body = JSON.stringify({ learned: keepLearned(state), others, taken });
      database.save([{ key: "learned", apply: (sql: Sql) => void sql.prepare(PUT).run(body) }]);
    },
  };
}

/** What versions up to 0.1.0 had learned of profiles: one row for each job. */
const rowBefore = v.object({
  profile: v.string(),
  peakMiB: v.number(),
  seconds: v.number(),
  outOfMemory: v.literal(false),
  reported: v.optional(v.boolean(), false),
});

function loadBefore(database: CapacityDatabase): Kept | null {
  const rows = database.use((sql) => sql.prepare("SELECT body FROM signatures ORDER BY id").all(), []);
  const learned = new Map<string, Learned>();
  for (const row of rows) {
    const read = v.safeParse(
      v.pipe(
        rowSchema,
        v.transform(({ body }) => JSON.parse(body)),
        rowBefore,
      ),
      row,
    );
    if (!read.success) continue;
    const { profile, peakMiB: mib, seconds, reported } = read.output;
    const { peaks = [], durationsMs = [] } = learned.get(profile) ?? {};
    learned.set(profile, {
      ...{ family: null, size: null, leastMiB: null, raisedMiB: null },
      peaks: [...peaks, { mib, reported }].slice(-POLICY.keptPeaks),
      durationsMs: [...durationsMs, seconds * 1000].slice(-POLICY.keptDurations),
    });
  }
  const none = { nearestRatios: [], recentMs: [] };
  return learned.size === 0 ? null : { learned: { learned, ...none }, others: [], taken: [] };
}
