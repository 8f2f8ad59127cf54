import type { CommandPlace } from "../../panel/gpus/commands.ts";

/** The words for when there is nothing to show. */
export interface TroubleWords {
  connection: Record<"stale" | "offline", string>;
  demo: { askedFor: string; noNvidiaSmi: string; advice: string };
  where: Record<CommandPlace, string>;
  copy: string;
  copied: string;
  again: string;
  trying: string;
  byItself: string;
}
