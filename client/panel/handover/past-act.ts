import { fillIn } from "../../../shared/problems/fill-in.ts";
import type { ReleaseRecord } from "../../../shared/release/record.ts";
import { duration } from "../../i18n/durations.ts";
import { gib } from "../../i18n/format.ts";
import type { HandoverWords } from "../../i18n/handover/words.ts";
import type { Language } from "../../i18n/use-messages.ts";

/** An act of the hand-over among past releases: who left for whom, or came back. Pure. */
export function sayAct(
  { did, forWhom, parts }: Pick<ReleaseRecord, "did" | "forWhom" | "parts">,
  words: HandoverWords["past"],
  nameOf: (id: string) => string,
  time: string,
): string {
  const backend = parts.map((part) => nameOf(part.backend)).join(", ");
  if (did === "load") return fillIn(words.loaded, { time, backend });
  return forWhom == null
    ? fillIn(words.left, { time, backend })
    : fillIn(words.leftFor, { time, backend, whom: nameOf(forWhom) });
}

/** What came back, or was taken; of an act of the hand-over also how long that took. Pure. */
export function broughtOf(
  { freedMiB, reason, startedAt, finishedAt }: ReleaseRecord,
  language: Language,
): string {
  const brought = `${gib(freedMiB).replace("-", "−")} GiB`;
  return reason === undefined
    ? brought
    : `${brought} · ${duration((finishedAt - startedAt) / 1000, language)}`;
}
