import fc from "fast-check";
import { expect, test } from "vitest";
import { type Entry, seal, unseal } from "../../../../server/group/entry.ts";

const SECRET = "the secret of a lab of ours";
const ENTRY: Entry = {
  ...{ v: 1, host: "a-1", boot: "one", bootAt: 1, n: 1, at: 2, kind: "turn" },
  sample: [1, 2, 3],
};

test("GRP-5 an entry is read with the group and the secret that it was signed with, and with no other", () => {
  const sealed = seal(ENTRY, "lab", SECRET);
  expect(unseal(sealed, "lab", SECRET)).toEqual(ENTRY);
  expect(unseal(sealed, "other", SECRET)).toBeNull();
  expect(unseal(sealed, "lab", "another secret of somebody")).toBeNull();
  expect(unseal({ ...sealed, mac: "" }, "lab", SECRET)).toBeNull();
  expect(unseal(seal(ENTRY, "lab", null), "lab", SECRET)).toBeNull();
});

test("GRP-5 with one character altered it is none", () => {
  const { body, mac } = seal(ENTRY, "lab", SECRET);
  for (let i = 0; i < body.length; i++) {
    const altered = `${body.slice(0, i)}${body[i] === "7" ? "8" : "7"}${body.slice(i + 1)}`;
    expect(unseal({ body: altered, mac }, "lab", SECRET)).toBeNull();
  }
});

test("a group without a secret reads whatever is an entry, and rubbish is none", () => {
  expect(unseal(seal(ENTRY, "lab", null), "lab", null)).toEqual(ENTRY);
  expect(unseal({ body: "[".repeat(100_000), mac: "" }, "lab", null)).toBeNull();
  expect(unseal({ body: " ".repeat(2_000_000), mac: "" }, "lab", null)).toBeNull();
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), fc.string(), (body, mac) => {
      expect(unseal({ body, mac }, "lab", null)).toBeNull();
    }),
  );
});
