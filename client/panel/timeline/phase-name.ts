import type { TimelineWords } from "../../i18n/timeline/words.ts";
import type { PhaseStretch } from "./lay-out-runs.ts";

/** A phase's name in the panel's language; what a job named is kept as it is, what nobody named has no name. */
export function phaseName({ name }: Pick<PhaseStretch, "name">, words: TimelineWords): string {
  return name === null ? "" : (words.phases[name] ?? name);
}
