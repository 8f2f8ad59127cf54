import * as v from "valibot";
import { LANGUAGES, THEMES, VIEWS } from "../../shared/protocol/host-messages.ts";

const oneOf = <const T extends readonly string[]>(values: T) =>
  v.fallback(v.nullable(v.picklist(values)), null);
const querySchema = v.object({
  theme: oneOf(THEMES),
  lang: oneOf(LANGUAGES),
  view: oneOf(VIEWS),
  model: v.nullable(v.string()),
  gpu: v.nullable(v.string()),
});

/** What the page's address asks for; `null` where it asks for nothing or for what does not exist. */
export function readPageOptions(search: string) {
  const query = new URLSearchParams(search);
  const { gpu, ...options } = v.parse(
    querySchema,
    Object.fromEntries(["theme", "lang", "view", "model", "gpu"].map((name) => [name, query.get(name)])),
  );
  const indexes = gpu?.split(",").flatMap((part) => (/^\d+$/.test(part.trim()) ? [Number(part)] : []));
  return { ...options, gpus: indexes === undefined || indexes.length === 0 ? null : indexes };
}

/** The token in the address's fragment, where no server sees it. */
export function readToken(hash: string): string | null {
  return new URLSearchParams(hash.replace(/^#/, "")).get("token");
}
