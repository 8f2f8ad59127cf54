import fc from "fast-check";
import { expect, test } from "vitest";
import { type FindableKind, GREETINGS, USUAL_PORTS } from "../../../../server/found/kinds.ts";
import { ANSWERS, textOf } from "../../../fixtures/backends/greetings.ts";

const KINDS = Object.keys(USUAL_PORTS) as FindableKind[];
/** Asks as a port is asked, of a program that knows one path alone. */
function ask(path: string, text: string) {
  for (const greeting of GREETINGS) {
    const recognised = greeting.path === path ? greeting.reads(text) : null;
    if (recognised !== null) return recognised;
  }
  return null;
}

test.each(KINDS)("FND-2 %s is known by its own answer, and by no other's", (kind) => {
  expect(ask(ANSWERS[kind].path, textOf(kind))).toEqual({ kind, adoptable: true });
  for (const other of KINDS.filter((one) => one !== kind)) {
    const asked = GREETINGS.find((greeting) => greeting.kind === other);
    // Ollama and InvokeAI both say their version, each at its own address.
    const alike = ["ollama", "invokeai"];
    if (!(alike.includes(kind) && alike.includes(other))) expect(asked?.reads(textOf(kind))).toBeNull();
  }
});

test("FND-2 whatever else is served is nothing that is known, cut off anywhere too", () => {
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    fc.constantFrom("", "null", "[]", "{}", "<html></html>", '{"version":"x"}', '{"data":[]}'),
  );
  fc.assert(
    fc.property(text, (rubbish) => {
      // A list of no modules is what a Forge without any answers.
      for (const { kind, reads } of GREETINGS)
        if (rubbish.trim() !== "[]" || kind !== "forge") expect(reads(rubbish)).toBeNull();
    }),
  );
  for (const { kind, reads } of GREETINGS) {
    if (kind === "swarmui" || kind === "gradio") continue;
    const whole = textOf(kind);
    for (let end = 0; end < whole.length; end++) expect(reads(whole.slice(0, end))).toBeNull();
  }
});

test("FND-2b a Gradio app without an endpoint that unloads, and a llama-server without its router, cannot be asked", () => {
  const gradio = GREETINGS.find(({ kind }) => kind === "gradio");
  expect(gradio?.reads('{"version":"5.49.1","mode":"blocks","dependencies":[]}')).toEqual({
    kind: "gradio",
    adoptable: false,
  });
  const llamacpp = GREETINGS.find(({ kind }) => kind === "llamacpp");
  expect(llamacpp?.reads('{"data":[{"id":"m","owned_by":"llamacpp","meta":{}}]}')).toBeNull();
});
