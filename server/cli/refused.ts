import type { CommandContext } from "./define-command.ts";
import { NOT_ASKED } from "./exit-codes.ts";
import type { Told } from "./panel-client.ts";
import { needsToken, problemText } from "./words/words.ts";

/** Says why there is no answer. */
export function notAnswered(
  told: Exclude<Told<unknown>, { kind: "told" }>,
  { complain, words, panel, language }: CommandContext,
): number {
  if (told.kind === "away") complain(words.noPanel(panel.url, told.why));
  if (told.kind === "strange") complain(words.strange(panel.url, told.why));
  if (told.kind === "refused") {
    complain(problemText(told.problem, language));
    if (needsToken(told.problem)) complain(words.needsToken);
  }
  return NOT_ASKED;
}
