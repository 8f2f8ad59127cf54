import { expect, test } from "vitest";
import { createLlamaCppMemory } from "../../../../server/release/backends/llamacpp-memory.ts";

const loaded = (...names: string[]) => names.map((name) => ({ name, status: "loaded" }));

test("REL-9 REL-20c what a server holds is what it listed last, and what is listed no more has gone", () => {
  const memory = createLlamaCppMemory();
  memory.learnList([...loaded("a", "b"), { name: "c", status: "unloaded" }]);
  expect(memory.held()).toEqual(["a", "b"]);
  memory.unload(["a", "b"]);
  memory.learnList(loaded("b", "d"));
  expect([memory.held(), memory.allGone(), memory.missing()]).toEqual([["b", "d"], false, ["a"]]);
  memory.learn("b", "unloaded");
  expect([memory.held(), memory.allGone(), memory.missing()]).toEqual([["d"], true, ["a", "b"]]);
  // What came anew stands where the list has it: of the one that had gone no trace was kept.
  memory.learnList(loaded("d"));
  memory.learnList(loaded("d", "b", "a"));
  expect([memory.held(), memory.missing()]).toEqual([["d", "b", "a"], []]);
});
