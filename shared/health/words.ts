import { fillIn } from "../problems/fill-in.ts";
import type { Alert, RuleId } from "./alert.ts";

/** What is seen since when, and what to do: together one sentence, with `between` between them. */
export interface AlertWords {
  message: string;
  advice: string;
}

/** The words of every rule in one language. `{since}` stands for the time at which it began. */
export interface AlertCatalog {
  between: string;
  /** Whose memory it is. */
  places: Readonly<Record<"machine" | "container", string>>;
  /** Stands for the name of a process that is not known. */
  someProcess: string;
  rules: Readonly<Record<RuleId, AlertWords>>;
}

/**
 * The words for an alert in the language of `catalog`, or its own where the catalogue does not know its rule or its figures.
 * @param since the alert's beginning as it is to be read
 */
export function wordsOfAlert(
  alert: Pick<Alert, "rule" | "params" | "message" | "advice">,
  catalog: AlertCatalog,
  since: string,
): AlertWords {
  const known: Readonly<Record<string, AlertWords | undefined>> = catalog.rules;
  const words = known[alert.rule];
  if (words === undefined) return alert;
  const { where, process } = alert.params;
  const params = {
    ...alert.params,
    since,
    ...(where === "machine" || where === "container" ? { where: catalog.places[where] } : {}),
    ...(process === "" ? { process: catalog.someProcess } : {}),
  };
  const message = fillIn(words.message, params);
  // Of another version that told other figures: then its own words.
  return message.includes("{") ? alert : { message, advice: fillIn(words.advice, params) };
}
