import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { NO_HOLD } from "../../../../server/data/folder-hold.ts";
import { ownAfter, valuesWith } from "../../../../server/handover/own-settings.ts";
import { createOwnSettings, createSettingsDesk } from "../../../../server/handover/settings-desk.ts";
import { createEmitter } from "../../../../server/lib/emitter.ts";

const file = {
  ...{ home: "llm", homeAfterSeconds: 120, minTurnSeconds: 60 },
  ...{ idleReleaseMinutes: { render: 30 }, holdAboveC: 85 },
};

test("HND-40 what is set in the panel goes before the config file, of each backend by itself", () => {
  expect(valuesWith(file, {})).toEqual(file);
  const own = { home: null, holdAboveC: null, idleReleaseMinutes: { render: null, other: 5 } };
  expect(valuesWith(file, own)).toEqual({
    ...{ ...file, home: null, holdAboveC: null },
    idleReleaseMinutes: { other: 5 },
  });
  expect(valuesWith(file, { idleReleaseMinutes: { other: 5 } }).idleReleaseMinutes).toEqual({
    ...{ render: 30, other: 5 },
  });
});

test("HND-40b what is as in the config file again is kept no longer", () => {
  const own = ownAfter(file, {}, { home: null, minTurnSeconds: 60, idleReleaseMinutes: { render: 10 } });
  expect(own).toEqual({ home: null, idleReleaseMinutes: { render: 10 } });
  expect(ownAfter(file, own, { home: "llm" })).toEqual({ idleReleaseMinutes: { render: 10 } });
  expect(ownAfter(file, own, { idleReleaseMinutes: { render: 30, other: null } })).toEqual({ home: null });
});

test("HND-40 what is set while another panel has the data folder is written there once it is free", () => {
  const folder = mkdtempSync(join(tmpdir(), "own-settings-"));
  try {
    const name = join(folder, "handover.json");
    const taken = createEmitter<void>();
    let mayWrite = false;
    const hold = { mayWrite: () => mayWrite, onTaken: taken.subscribe };
    const complaints: string[] = [];
    const read = () => createOwnSettings(name, NO_HOLD, (message) => complaints.push(message)).read();
    const store = createOwnSettings(name, hold, (message) => complaints.push(message));
    store.write({ holdAboveC: 80 });
    store.write({ holdAboveC: 85 });
    expect(read()).toEqual({});
    mayWrite = true;
    taken.emit();
    expect(read()).toEqual({ holdAboveC: 85 });
    expect(complaints).toEqual([]);
    // A limit that no longer holds is nothing to be silent about.
    for (const text of ["{", '{"holdAboveC":20}', '{"later":1}']) {
      writeFileSync(name, text);
      expect(read()).toEqual({});
    }
    expect(complaints).toHaveLength(3);
    expect(complaints[0]).toContain(name);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("HND-40c who cannot be loaded again is refused as home in words, and no home but the config file's is taken for it", () => {
  const load = async () => ({ kind: "accepted" as const });
  const used: (string | null)[] = [];
  const store = { read: () => ({}), write: () => {} };
  const desk = (home?: string) =>
    createSettingsDesk({
      options: { ...file, home, holdAboveC: 85, releaseOnRequest: [] },
      store,
      backends: [{ id: "comfyui" }, { id: "llm", load }],
      use: (values) => used.push(values.home),
    });
  const refused = desk().set({ home: "comfyui" });
  expect(refused).toMatchObject({ ok: false, code: "no-home", params: { backend: "comfyui" } });
  expect(desk("llm").set({ home: "comfyui" })).toMatchObject({ ok: false });
  expect(used).toEqual([]);
  for (const [given, home] of [
    [undefined, "llm"],
    [undefined, null],
    ["comfyui", "comfyui"],
  ] as const)
    expect(desk(given).set({ home })).toMatchObject({ ok: true, data: { now: { home } } });
});
