import fc from "fast-check";
import { expect, test } from "vitest";
import { splitCommandLine } from "../../../../server/lib/command-line.ts";

test("words come back as they were, quoted by either quote and spaced by anything", () => {
  const word = fc.string({ maxLength: 12 });
  const space = fc.stringMatching(/^[ \t\n]{1,3}$/);
  fc.assert(
    fc.property(fc.array(fc.tuple(word, space), { maxLength: 8 }), (list) => {
      // A word that holds one quote is put into the other; one that holds both is glued together.
      const quote = (text: string) =>
        text
          .split('"')
          .map((part) => `"${part}"`)
          .join(`'"'`);
      const line = list.map(([text, gap]) => gap + quote(text)).join("");
      expect(splitCommandLine(line)).toEqual(list.map(([text]) => text));
    }),
  );
});

test("backslashes are ordinary, a quote within a word joins, one left open is refused", () => {
  expect(splitCommandLine("C:\\Windows\\nvidia-smi.exe -L")).toEqual(["C:\\Windows\\nvidia-smi.exe", "-L"]);
  expect(splitCommandLine(`a"b c"d 'e'`)).toEqual(["ab cd", "e"]);
  expect(splitCommandLine("  ")).toEqual([]);
  for (const line of [`"`, `a "b`, `a 'b"`]) expect(splitCommandLine(line)).toBeNull();
});
