import type { Handover } from "../../../shared/handover/handover.ts";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import { duration } from "../../i18n/durations.ts";
import type { HandoverWords } from "../../i18n/handover/words.ts";
import type { Language } from "../../i18n/use-messages.ts";

interface SayInput {
  words: HandoverWords;
  language: Language;
  /** Epoch ms, by the sidecar's clock. */
  nowMs: number;
  nameOf(id: string): string;
}

/** The same in full and where there is little room. */
export interface Twice {
  long: string;
  short: string;
}

/** What is said, and apart from it when: that part changes each second and is not announced each time. */
export interface Said {
  text: Twice;
  when: Twice | null;
}

/** What will be done if nothing changes. Pure. */
export function sayNext(next: NonNullable<Handover["next"]>, { words, nowMs, nameOf }: SayInput): Said {
  const { leaves, leavesFor, comes, brief } = words;
  const loads = next.do === "load";
  const text = loads ? comes : next.forWhom === null ? leaves : leavesFor;
  const names = { backend: nameOf(next.backend), whom: next.forWhom === null ? "" : nameOf(next.forWhom) };
  const n = Math.max(0, Math.round((next.at - nowMs) / 1000));
  return {
    text: { long: fillIn(text, names), short: fillIn(loads ? brief.comes : brief.leaves, names) },
    when: { long: fillIn(words.in, { n }), short: fillIn(words.seconds, { n }) },
  };
}

/** Whether the card is held already, and when that ends if it stays idle. Pure. */
export function sayHold(
  { active, endsAt }: NonNullable<Handover["hold"]>,
  { words, language, nowMs }: Pick<SayInput, "words" | "language" | "nowMs">,
): Said {
  const { brief } = words;
  if (!active) return { text: { long: words.willHold, short: brief.willHold }, when: null };
  const time = duration(Math.max(1, Math.round((endsAt - nowMs) / 60_000)) * 60, language);
  return {
    text: { long: words.held, short: brief.held },
    when: { long: fillIn(words.ends, { time }), short: time },
  };
}
