import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as v from "valibot";
import type { Mutant } from "./mutant.ts";

const resultSchema = v.object({ killed: v.boolean(), seconds: v.number(), by: v.string() });
export type Result = v.InferOutput<typeof resultSchema>;
const resultsSchema = v.record(v.string(), resultSchema);

/** What was found before, so that a run goes on where the last one stopped. */
export function openResults(file: string) {
  const known = existsSync(file) ? v.safeParse(resultsSchema, JSON.parse(readFileSync(file, "utf8"))) : null;
  const results = known?.success ? known.output : {};
  return {
    get: (key: string): Result | undefined => results[key],
    set(key: string, result: Result) {
      results[key] = result;
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, `${JSON.stringify(results, null, 1)}\n`);
    },
  };
}

/** Changes with the mutant, its file and its tests: an old result of other code must not count. */
export function keyOf(root: string, mutant: Mutant): string {
  const hash = createHash("sha256").update(JSON.stringify(mutant));
  for (const file of [mutant.file, ...mutant.tests]) hash.update(readFileSync(join(root, file)));
  return hash.digest("hex").slice(0, 24);
}
