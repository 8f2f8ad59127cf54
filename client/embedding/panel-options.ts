import * as v from "valibot";
import { LANGUAGES, THEMES, VIEWS } from "../../shared/protocol/host-messages.ts";

const oneOf = <const T extends readonly string[]>(values: T) =>
  v.fallback(v.nullable(v.picklist(values)), null);
const optionsSchema = v.object({
  theme: oneOf(THEMES),
  lang: oneOf(LANGUAGES),
  view: oneOf(VIEWS),
  model: v.nullable(v.string()),
  gpu: v.nullable(v.string()),
});

/** What the one who embeds the panel may ask for: the names of a query, of attributes and of props. */
export const OPTION_NAMES = ["theme", "lang", "view", "model", "gpu"] as const;

/** What is asked for; `null` where it is nothing, or what does not exist. */
export function readPanelOptions(read: (name: (typeof OPTION_NAMES)[number]) => string | null) {
  const { gpu, ...options } = v.parse(
    optionsSchema,
    Object.fromEntries(OPTION_NAMES.map((name) => [name, read(name)])),
  );
  const indexes = gpu?.split(",").flatMap((part) => (/^\d+$/.test(part.trim()) ? [Number(part)] : []));
  return { ...options, gpus: indexes === undefined || indexes.length === 0 ? null : indexes };
}
export type PanelOptions = ReturnType<typeof readPanelOptions>;
