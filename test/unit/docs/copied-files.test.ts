import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readmeSnippets } from "../../helpers/readme-snippets.ts";

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");

test.each([
  ["docs/proxies.md", "nginx", "integrations/nginx/gpu-panel.conf"],
  ["docs/proxies.md", "caddy", "integrations/caddy/Caddyfile"],
  ["docs/embedding.md", "js", "integrations/node/server.mjs"],
])("PRX-1 LIB-1 what %s shows in %s is the file that a test runs: %s", (page, language, file) => {
  expect(readmeSnippets(page).take(language, file).code).toBe(read(file));
});

test("PRX-1 the flags that docs/proxies.md tells are flags", () => {
  const flags = readmeSnippets("docs/proxies.md")
    .takeAll("sh")
    .flatMap(({ code }) => code.match(/--[a-z-]+/g) ?? []);
  const known = read("server/config/options.ts");
  expect(flags.length).toBeGreaterThan(3);
  for (const flag of flags) expect(known).toContain(`flag: "${flag.slice(2)}"`);
});
