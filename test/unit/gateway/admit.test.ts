import { describe, expect, test } from "vitest";
import { type AdmitRules, createAdmit } from "../../../server/gateway/admit.ts";
import { applyDetails, detailsOf, diffDetails } from "../../../server/gateway/details-diff.ts";
import { createDemoGpus, toDemoRow } from "../../../server/sampling/demo/machine.ts";
import { applyTick } from "../../../server/sampling/gpu-list.ts";

const admit = (rules: Partial<AdmitRules> = {}) =>
  createAdmit({ allowOrigin: [], token: null, loopbackOnly: true, ...rules });

describe("who may connect", () => {
  test.each(["localhost:7870", "127.0.0.1:7870", "[::1]:7870", "127.9.9.9", "panel.localhost:7870"])(
    "WIRE-4 the host %s is this machine",
    (host) => {
      expect(admit().mayConnect({ host })).toBeNull();
    },
  );

  test.each([
    "evil.example",
    "evil.example:7870",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "",
    "192.168.1.5:7870",
    "a b",
    "localhost@evil.example",
  ])("WIRE-4 the host %j is not", (host) => {
    expect(admit().mayConnect({ host })?.code).toBe("host-refused");
  });

  test.each([
    "https://evil.example",
    "http://localhost.evil.example",
    "null",
    "",
    "file://",
    "http://localhost:80@evil.example",
    "javascript:1",
    "http://127.0.0.1.evil.example",
  ])("WIRE-4 a page of %j may not", (origin) => {
    expect(admit().mayConnect({ host: "localhost:7870", origin })?.code).toBe("origin-refused");
  });

  test("WIRE-4 loopback pages, the sidecar's own page and allowed origins may", () => {
    const rules = admit({ allowOrigin: ["https://webui.example"], loopbackOnly: false });
    for (const origin of [
      "http://localhost:3000",
      "http://127.0.0.1",
      "http://[::1]:8188",
      "https://webui.example",
    ]) {
      expect(rules.mayConnect({ host: "localhost:7870", origin })).toBeNull();
      expect(rules.mayRead(origin)).toBe(true);
    }
    expect(rules.mayConnect({ host: "gpu.lan:7870", origin: "http://gpu.lan:7870" })).toBeNull();
    expect(rules.mayConnect({ host: "gpu.lan:7870", origin: "http://gpu.lan:7871" })?.code).toBe(
      "origin-refused",
    );
    expect(rules.mayConnect({ host: "gpu.lan:7870", origin: "https://webui.example:8443" })?.code).toBe(
      "origin-refused",
    );
    expect(
      admit({ allowOrigin: ["https://webui.example"] }).mayConnect({ host: "webui.example" }),
    ).toBeNull();
  });
});

test("WIRE-5 who may act: the right token of any length, nobody else", () => {
  const rules = admit({ token: "secret-token" });
  expect(rules.mayAct("secret-token")).toBeNull();
  expect([undefined, ""].map((token) => rules.mayAct(token)?.code)).toEqual(["not-allowed", "not-allowed"]);
  for (const wrong of ["secret-tokeN", "secret", "secret-token-and-more", "ſecret-token"])
    expect(rules.mayAct(wrong)?.code).toBe("wrong-token");
  expect(admit().mayAct(undefined)).toBeNull();
});

test("WIRE-2 details travel as differences: applied, they give what was meant", () => {
  const [demo] = createDemoGpus(1);
  if (demo === undefined) throw new Error("no demo GPU");
  const details = applyTick([], [toDemoRow(demo, 0, 0), toDemoRow(demo, 1, 0)]).map(({ gpu }) =>
    detailsOf(gpu),
  );
  const [first, second] = details;
  if (first === undefined || second === undefined) throw new Error("two GPUs were made");
  const changed = [
    first,
    {
      ...second,
      pstate: "P0",
      processes: [{ pid: 1, name: null, usedMiB: null }],
      fanPct: (second.fanPct ?? 0) + 2,
    },
  ];
  const message = diffDetails(details, changed);
  expect(message).toEqual([[1, { pstate: "P0", processes: [{ pid: 1, name: null, usedMiB: null }] }]]);
  expect(applyDetails(details, message)[1]).toMatchObject({ pstate: "P0", fanPct: second.fanPct });
  expect(diffDetails(details, details)).toEqual([]);
  expect(diffDetails(details, [{ ...first, fanPct: null }, second])).toEqual([[0, { fanPct: null }]]);
});
