import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { learn } from "../../../../server/capacity/learning/learn.ts";
import { EMPTY_STATE } from "../../../../server/capacity/model.ts";
import { POLICY } from "../../../../server/capacity/policy.ts";
import { BUILT_IN_PROFILES } from "../../../../server/profiles/built-in-profiles.ts";
import { knownProfiles } from "../../../../server/profiles/known-profiles.ts";
import { resolve } from "../../../../server/profiles/resolve.ts";
import { tokensOf } from "../../../../shared/profiles/predict.ts";
import { resolveProfile } from "../../../../shared/profiles/predict-profile.ts";

const known = knownProfiles(BUILT_IN_PROFILES, [], EMPTY_STATE, POLICY);
const small = { model: "Wan2.1-1.3B", task: "t2v", quant: "quant_linear" };
const one = (id: string) => {
  const profile = known.find((each) => each.id === id);
  if (profile === undefined) throw new Error(id);
  return profile;
};

describe("sizes that no profile is for", () => {
  test("CAP-16 a size between two known ones lies between them, with more doubt than either", () => {
    const answer = resolveProfile({ ...small, resolution: "960x544", frames: 81 }, known);
    const [low, high] = [one("wan2.1-1.3b-t2v-480p-quant"), one("wan2.1-1.3b-t2v-720p-quant")];
    expect(answer?.predicted).toEqual({ from: [low.id, high.id], how: "interpolated" });
    expect(answer?.profile.peakMiB).toBeGreaterThan(low.peakMiB);
    expect(answer?.profile.peakMiB).toBeLessThan(high.peakMiB);
    expect(answer?.profile.uncertaintyMiB).toBeGreaterThan(high.uncertaintyMiB);
    expect(answer?.profile).toMatchObject({ width: 960, height: 544, frames: 81, seconds: null, phases: [] });
  });

  test("CAP-16 a known size is no prediction, however it is asked for; what is left open is the heaviest", () => {
    const id = "wan2.1-1.3b-t2v-720p-quant";
    for (const query of [{ profile: id }, { ...small, resolution: "720p" }, { profile: id, frames: 81 }])
      expect(resolveProfile(query, known)).toMatchObject({ profile: { id }, predicted: null });
    expect(resolveProfile({ model: "Wan2.1-1.3B", frames: 161 }, known)?.profile.id).toBe(
      "wan2.1-1.3b-t2v-480p-quant--1280x720x161",
    );
  });

  test("CAP-16 a predicted profile is found again by its id, to the MiB", () => {
    const asked = resolveProfile({ ...small, resolution: "1080p", frames: 121 }, known);
    expect(asked?.predicted?.how).toBe("extrapolated");
    expect(resolveProfile({ profile: asked?.profile.id }, known)).toEqual(asked);
  });

  test("CAP-16 what nothing is known of is not guessed", () => {
    expect(resolveProfile({ model: "Sora", resolution: "720p" }, known)).toBeNull();
    expect(resolveProfile({ profile: "nobodys--640x480x81" }, known)).toBeNull();
    expect(resolveProfile({ resolution: "600p" }, known)).toBeNull();
    expect(resolveProfile({ ...small, quant: "int2", resolution: "600p" }, known)).toBeNull();
  });

  test("CAP-16 more tokens never need less, and the farther away the more doubt", () => {
    const size = fc.record({
      width: fc.integer({ min: 16, max: 250 }).map((n) => n * 16),
      height: fc.integer({ min: 16, max: 250 }).map((n) => n * 16),
      frames: fc.integer({ min: 1, max: 400 }),
    });
    const asked = ({ width, height, frames }: { width: number; height: number; frames: number }) =>
      resolveProfile({ ...small, resolution: `${width}x${height}`, frames }, known);
    fc.assert(
      fc.property(size, size, (a, b) => {
        const [less, more] = tokensOf(a) <= tokensOf(b) ? [a, b] : [b, a];
        const [low, high] = [asked(less), asked(more)];
        if (low === null || high === null) throw new Error("the model is known");
        expect(low.profile.peakMiB).toBeGreaterThan(0);
        expect(low.profile.peakMiB).toBeLessThanOrEqual(high.profile.peakMiB);
        if (
          low.predicted?.how === "extrapolated" &&
          tokensOf(less) > tokensOf({ width: 1280, height: 720, frames: 81 })
        )
          expect(low.profile.uncertaintyMiB).toBeLessThanOrEqual(high.profile.uncertaintyMiB);
      }),
    );
  });

  test("CAP-14 CAP-16 a size that ran here is a profile of its own, and others are predicted from it, too", () => {
    const asked = resolveProfile({ ...small, resolution: "1080p" }, known)?.profile;
    if (asked === undefined) throw new Error("the model is known");
    const query = { ...small, resolution: "1080p" };
    const described = { query, signature: undefined, peakMiB: undefined, label: undefined };
    const meant = resolve(described, BUILT_IN_PROFILES, known);
    if (meant === null) throw new Error("the model is known");
    const { jobClass } = meant;
    const lesson = {
      jobClass,
      outcome: "done",
      peakMiB: 30_000,
      reported: true,
      durationMs: 20_000,
    } as const;
    const state = learn(EMPTY_STATE, { ...lesson, figureMiB: asked.peakMiB }, POLICY);
    const taught = knownProfiles(BUILT_IN_PROFILES, [meant], state, POLICY);
    expect(taught.find(({ id }) => id === asked.id)).toMatchObject({
      seen: 1,
      basis: "measured",
      peakMiB: 30_000,
      uncertaintyMiB: 300,
      seconds: 20,
    });
    const larger = resolveProfile({ ...small, resolution: "1080p", frames: 121 }, taught);
    expect(larger?.predicted?.from).toContain(asked.id);
    const before = resolveProfile({ ...small, resolution: "1080p", frames: 121 }, known);
    expect(larger?.profile.peakMiB).toBeGreaterThan(before?.profile.peakMiB ?? 0);
    const died = learn(state, { ...lesson, outcome: "out-of-memory", figureMiB: 50_000 }, POLICY);
    const raised = knownProfiles(BUILT_IN_PROFILES, [meant], died, POLICY).find(({ id }) => id === asked.id);
    // An out-of-memory raises what is reserved, not what was seen.
    expect(raised).toMatchObject({ peakMiB: 30_000, uncertaintyMiB: 25_000, raised: true });
  });
});
