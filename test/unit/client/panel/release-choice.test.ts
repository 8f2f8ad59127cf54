import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { releaseChoice } from "../../../../client/panel/release/release-choice.ts";
import { type BackendState, DURING_JOB, type DuringJob } from "../../../../shared/release/backend.ts";
import type { ReleaseMode } from "../../../../shared/release/release.ts";

const ALL: ReleaseMode[] = ["auto", "now", "after-current", "interrupt"];
const backendOf = (own: Partial<BackendState> = {}): BackendState => ({
  id: "a",
  kind: "comfyui",
  url: null,
  reachable: true,
  problem: null,
  busy: true,
  queue: 0,
  models: [],
  allocator: null,
  parked: false,
  canLoad: false,
  givesNothing: false,
  modes: ALL,
  duringJob: "deferred",
  ...own,
});
const modesOf = (...several: Partial<BackendState>[]) =>
  releaseChoice(several.map((own, i) => backendOf({ id: `b${i}`, ...own }))).modes;

const backend = fc
  .record({
    busy: fc.constantFrom(true, false, null),
    duringJob: fc.constantFrom(...DURING_JOB),
    modes: fc
      .subarray(["now", "after-current", "interrupt"] as const)
      .map((some): ReleaseMode[] => ["auto", ...some]),
  })
  .map(backendOf);
const several = fc.array(backend, { maxLength: 4 });

describe("what can be chosen", () => {
  test("REL-7 with no job there is nothing to choose, and with a busy one the gentlest way stands first", () => {
    expect(modesOf({ busy: false }, { busy: null })).toEqual(["auto"]);
    expect(releaseChoice([])).toEqual({ busy: [], modes: ["auto"] });
    expect(modesOf({})).toEqual(["after-current", "interrupt"]);
    expect(modesOf({ duringJob: "unknown" })).toEqual(["after-current", "interrupt", "now"]);
    expect(modesOf({ duringJob: "ends-jobs", modes: ["auto", "now", "after-current"] })).toEqual([
      "after-current",
      "now",
    ]);
  });

  test("REL-10 “now” is no choice where the call would break the job, or waits for its end anyway", () => {
    fc.assert(
      fc.property(several, (targets) => {
        const { busy, modes } = releaseChoice(targets);
        if (!modes.includes("now")) return;
        const allowed: readonly DuringJob[] = ["ends-jobs", "unknown", "spared"];
        for (const one of busy) expect(allowed).toContain(one.duringJob);
      }),
    );
    expect(modesOf({ duringJob: "spared" })).toEqual(["after-current", "interrupt", "now"]);
    expect(modesOf({ duringJob: "unsafe" })).not.toContain("now");
    expect(modesOf({ duringJob: "unknown" }, { duringJob: "unsafe" })).not.toContain("now");
  });

  test("REL-11 every way that is offered is known to every busy backend, and there is always one", () => {
    fc.assert(
      fc.property(several, (targets) => {
        const { busy, modes } = releaseChoice(targets);
        expect(modes.length).toBeGreaterThan(0);
        expect(new Set(modes).size).toBe(modes.length);
        for (const mode of modes) for (const one of busy) expect(one.modes).toContain(mode);
        if (busy.length > 0 && busy.every((one) => one.modes.includes("after-current")))
          expect(modes[0]).toBe("after-current");
      }),
    );
  });

  test("REL-7 REL-10 a job that the call spares, and a backend that does not say, raise no question", () => {
    fc.assert(
      fc.property(several, (targets) => {
        const { busy } = releaseChoice(targets);
        const hasChoice = (one: BackendState) =>
          one.duringJob !== "spared" || one.modes.includes("after-current");
        expect(busy).toEqual(targets.filter((one) => one.busy === true && hasChoice(one)));
        const relevant = targets.filter((one) => busy.includes(one));
        expect(releaseChoice(relevant)).toEqual(releaseChoice(targets));
      }),
    );
  });

  test("REL-11f to stop a job is no choice where the next would begin and be broken", () => {
    for (const duringJob of ["unsafe", "ends-jobs", "unknown"] as const) {
      expect(modesOf({ duringJob, queue: 1 })).not.toContain("interrupt");
      expect(modesOf({ duringJob, queue: null })).toContain("interrupt");
    }
    expect(modesOf({ duringJob: "deferred", queue: 2 })).toContain("interrupt");
    expect(modesOf({ duringJob: "spared", queue: 2 })).toContain("interrupt");
  });

  test("REL-11 where no way is common to all, each is released as is safe for it", () => {
    expect(modesOf({ modes: ["auto", "after-current"] }, { modes: ["auto", "interrupt"] })).toEqual(["auto"]);
  });
});
