import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createMemory } from "../../../../client/embedding/remember.ts";
import { readPageOptions, readToken } from "../../../../client/entries/page-options.ts";

/** A storage as browsers have it, that can be made to fail. */
function fakeStorage(
  fails: { read?: boolean; write?: boolean } = {},
  content = new Map<string, string>(),
): Storage {
  return {
    get length() {
      return content.size;
    },
    clear: () => content.clear(),
    key: (i) => [...content.keys()][i] ?? null,
    removeItem: (key) => void content.delete(key),
    getItem(key) {
      if (fails.read) throw new Error("SecurityError");
      return content.get(key) ?? null;
    },
    setItem(key, value) {
      if (fails.write) throw new Error("QuotaExceededError");
      content.set(key, value);
    },
  };
}

describe("the address", () => {
  test("EMB-1 no address whatever throws, and what is read is something that exists", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom("theme", "lang", "view", "gpu", "model", "x"), fc.string())),
        (pairs) => {
          const options = readPageOptions(`?${new URLSearchParams(pairs)}`);
          expect([null, "auto", "light", "dark"]).toContain(options.theme);
          expect([null, "auto", "en", "zh-CN"]).toContain(options.lang);
          expect([null, "full", "compact", "bar"]).toContain(options.view);
          expect(
            options.gpus === null ||
              (options.gpus.length > 0 && options.gpus.every((n) => Number.isInteger(n) && n >= 0)),
          ).toBe(true);
        },
      ),
    );
    fc.assert(
      fc.property(fc.string(), (search) => void expect(readPageOptions(search)).toHaveProperty("theme")),
    );
    expect(readPageOptions("?gpu=3,1, 2").gpus).toEqual([3, 1, 2]);
    expect(readPageOptions("?gpu=-1,1.5,0x1").gpus).toBeNull();
  });

  test("SEC-3 any token survives the link, with and without the sign in front", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: "grapheme" }), (token) => {
        const hash = `${new URLSearchParams({ token })}`;
        expect([readToken(`#${hash}`), readToken(hash)]).toEqual([token, token]);
      }),
    );
    expect([readToken("#other=1"), readToken("#")]).toEqual([null, null]);
  });
});

describe("what is remembered", () => {
  test("EMB-1c a choice is kept in storage under the panel's own name, and read by the next page", () => {
    const content = new Map([["theme", "of the page around it"]]);
    createMemory(() => fakeStorage({}, content)).set("theme", "dark");
    expect(createMemory(() => fakeStorage({}, content)).get("theme")).toBe("dark");
    expect(content.get("theme")).toBe("of the page around it");
    expect(createMemory(() => fakeStorage({}, content)).get("lang")).toBeNull();
  });

  test("EMB-1c storage that may not be touched, read or written costs the choice only its long life", () => {
    const blocked = () => {
      throw new Error("SecurityError");
    };
    for (const storage of [blocked, () => fakeStorage({ read: true }), () => fakeStorage({ write: true })]) {
      const memory = createMemory(storage);
      memory.set("theme", "dark");
      expect(memory.get("theme")).toBe("dark");
    }
  });

  test("EMB-1c a full storage does not bring back the choice of before", () => {
    const content = new Map<string, string>();
    createMemory(() => fakeStorage({}, content)).set("theme", "light");
    const memory = createMemory(() => fakeStorage({ write: true }, content));
    memory.set("theme", "dark");
    expect(memory.get("theme")).toBe("dark");
  });
});
