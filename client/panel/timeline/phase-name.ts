import { fillIn } from "../../../shared/problems/fill-in.ts";
import type { TimelineWords } from "../../i18n/timeline/words.ts";
import type { PhaseStretch } from "./lay-out-runs.ts";

/** A phase's name in the panel's language; what a job named is kept as it is, what nobody named is numbered. */
export function phaseName({ name, n }: Pick<PhaseStretch, "name" | "n">, words: TimelineWords): string {
  return name === null ? fillIn(words.phase, { n }) : (words.phases[name] ?? name);
}
