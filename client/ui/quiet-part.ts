/** "1 more|can start now" in its loud and its quiet part; `{n}` of the loud one stands apart, so that it can be named. */
export function partsOf(
  text: string,
  n: number | string,
): { before: string; n: string; after: string; quiet: string } {
  const [loud = "", quiet = ""] = text.split("|");
  const [before = "", after = ""] = loud.split("{n}");
  return { before, n: String(n), after, quiet: quiet.trim() };
}
