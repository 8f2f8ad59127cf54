import * as v from "valibot";
import { profileSchema } from "../../../shared/capacity/profile.ts";
import type { CapacityDatabase, Sql } from "../../data/database.ts";
import type { OtherClass } from "../classes/known-profiles.ts";
import { keepLearned, type LearnedState, restoreLearned } from "../learning/kept.ts";
import type { CapacityState } from "../model.ts";
import { jobClassSchema } from "./job-record.ts";

/** What ended jobs have taught, across restarts. */
export interface LearnedStore {
  load(): Kept | null;
  save(state: CapacityState, others: readonly OtherClass[]): void;
}

const keptSchema = v.object({
  learned: v.unknown(),
  others: v.array(v.object({ jobClass: jobClassSchema, profile: profileSchema })),
});
export interface Kept {
  learned: LearnedState;
  others: OtherClass[];
}

const PUT =
  "INSERT INTO learned (id, body) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body";
const rowSchema = v.object({ body: v.string() });

export function createLearnedStore(database: CapacityDatabase): LearnedStore {
  return {
    load() {
      const row = database.use((sql) => sql.prepare("SELECT body FROM learned").get(), undefined);
      const read = v.safeParse(rowSchema, row);
      if (!read.success) return null;
      try {
        const parsed = v.safeParse(keptSchema, JSON.parse(read.output.body));
        if (!parsed.success) return null;
        return { learned: restoreLearned(parsed.output.learned), others: parsed.output.others };
      } catch {
        return null;
      }
    },
    save(state, others) {
      const body = JSON.stringify({ learned: keepLearned(state), others });
      database.save([{ key: "learned", apply: (sql: Sql) => void sql.prepare(PUT).run(body) }]);
    },
  };
}
