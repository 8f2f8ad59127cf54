import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "vitest";

/**
 * Holds what stands in a page between `<!-- printed: NAME -->` and `<!-- /printed -->` to what the code says.
 * With `PRINT_DOCS=1` it is written there instead.
 */
export function expectPrinted(page: string, name: string, text: string): void {
  const url = new URL(`../../${page}`, import.meta.url);
  const whole = readFileSync(url, "utf8");
  const begin = `<!-- printed: ${name} -->\n`;
  const end = "<!-- /printed -->";
  const from = whole.indexOf(begin);
  const to = whole.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`${page} has no place for ${name}: ${begin.trim()} … ${end}`);
  const head = whole.slice(0, from + begin.length);
  const tail = whole.slice(to);
  if (process.env.PRINT_DOCS === "1") writeFileSync(url, `${head}\n${text}\n\n${tail}`);
  else
    expect(
      whole.slice(head.length, to).trim(),
      `${page} does not say what the code says; \`PRINT_DOCS=1 npx vitest run --project unit test/unit/docs\` writes it`,
    ).toBe(text);
}

/** A Markdown table. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
