import { expect, test } from "vitest";
import { ownAfter, valuesWith } from "../../../../server/handover/own-settings.ts";

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
