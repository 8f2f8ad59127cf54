import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const root = new URL("../../..", import.meta.url);
const propertiesIn = (text: string) => [...new Set(text.match(/--gpu-panel-[a-z-]+[a-z]/g))].sort();

test("EMB-5 every custom property that the styles read is documented, and no other", () => {
  const styles = readdirSync(new URL("client/styles/", root))
    .map((name) => readFileSync(new URL(`client/styles/${name}`, root), "utf8"))
    // In a comment it is no use of it.
    .map((css) => css.replace(/\/\*[\s\S]*?\*\//g, ""));
  const documented = readFileSync(new URL("docs/embedding.md", root), "utf8");
  const used = propertiesIn(styles.join("\n"));
  expect(used.length).toBeGreaterThan(10);
  expect(propertiesIn(documented)).toEqual(used);
});
