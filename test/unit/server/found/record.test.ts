import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { NO_HOLD } from "../../../../server/data/folder-hold.ts";
import { createFoundStore, type FoundRecord } from "../../../../server/found/record.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "found-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const NOTHING: FoundRecord = { adopted: [], dismissed: [] };
const RECORD: FoundRecord = {
  adopted: [{ kind: "comfyui", port: 8188 }],
  dismissed: [{ kind: "gradio", port: 7860 }],
};
const storeAt = (file: string, mayWrite = true, complaints: string[] = []) =>
  createFoundStore(file, { ...NO_HOLD, mayWrite: () => mayWrite }, (message) => complaints.push(message));

test("FND-4c what was decided is read again, and is for this user alone", () => {
  const file = join(folder, "data", "backends.json");
  const store = storeAt(file);
  expect(store.read()).toEqual(NOTHING);
  store.write(RECORD);
  expect(storeAt(file).read()).toEqual(RECORD);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test("FND-4c a file that says anything else is no record", () => {
  const file = join(folder, "backends.json");
  const bad = [
    { ...RECORD, adopted: [{ kind: "http", port: 8188 }] },
    { ...RECORD, adopted: [{ kind: "comfyui", port: 0 }] },
    { ...RECORD, adopted: [{ kind: "comfyui", port: "8188" }] },
    { ...RECORD, adopted: Array.from({ length: 65 }, () => ({ kind: "comfyui", port: 8188 })) },
    { adopted: [] },
  ].map((one) => JSON.stringify(one));
  for (const text of ["", "{", ...bad]) {
    writeFileSync(file, text);
    expect(storeAt(file).read()).toEqual(NOTHING);
  }
  fc.assert(
    fc.property(fc.string(), (text) => {
      writeFileSync(file, text);
      expect(storeAt(file).read()).toEqual(NOTHING);
    }),
    { numRuns: 30 },
  );
});

test("FND-4c in another panel's folder nothing is written, and where it cannot be written that is said", () => {
  const file = join(folder, "backends.json");
  storeAt(file, false).write(RECORD);
  expect(storeAt(file).read()).toEqual(NOTHING);
  writeFileSync(join(folder, "file"), "");
  const complaints: string[] = [];
  storeAt(join(folder, "file", "backends.json"), true, complaints).write(RECORD);
  expect(complaints).toHaveLength(1);
  expect(readFileSync(join(folder, "file"), "utf8")).toBe("");
});
