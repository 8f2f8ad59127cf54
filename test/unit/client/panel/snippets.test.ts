import { expect, test } from "vitest";
import { SNIPPET_KINDS, snippetOf } from "../../../../client/panel/settings/snippets.ts";

test("EMB-1 every snippet has the sidecar's own address in it", () => {
  for (const kind of SNIPPET_KINDS)
    expect(snippetOf(kind, "http://gpu:7870/x/")).toContain("http://gpu:7870/x/");
  expect(snippetOf("iframe", "http://gpu:7870/")).toContain('src="http://gpu:7870/embed?view=compact"');
  expect(snippetOf("element", "http://gpu:7870/")).toContain('src="http://gpu:7870/element.js"');
});
