import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { learn, NOTHING_LEARNED, type Signature } from "../../../server/capacity/learn.ts";
import { learnedProfiles } from "../../../server/capacity/learned-profiles.ts";
import { BUILT_IN_PROFILES } from "../../../shared/capacity/built-in-profiles.ts";
import { tokensOf } from "../../../shared/capacity/predict.ts";
import { resolveProfile } from "../../../shared/capacity/predict-profile.ts";
import { reservationOf } from "../../../shared/capacity/reservation.ts";

const known = learnedProfiles(NOTHING_LEARNED, BUILT_IN_PROFILES);
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
    const signature: Signature = {
      profile: asked.id,
      name: "python",
      peakMiB: 30_000,
      seconds: 20,
      curve: { stepS: 10, lowMiB: [8_000, 29_000], highMiB: [30_000, 30_000] },
      outOfMemory: false,
      endedAtMs: 0,
    };
    const taught = learnedProfiles(
      [signature, signature, signature].reduce(learn, NOTHING_LEARNED),
      BUILT_IN_PROFILES,
    );
    expect(taught.find(({ id }) => id === asked.id)).toMatchObject({
      seen: 3,
      basis: "measured",
      peakMiB: 30_000,
    });
    const larger = resolveProfile({ ...small, resolution: "1080p", frames: 121 }, taught);
    expect(larger?.predicted?.from).toContain(asked.id);
    const before = resolveProfile({ ...small, resolution: "1080p", frames: 121 }, known);
    expect(larger?.profile.peakMiB).toBeGreaterThan(before?.profile.peakMiB ?? 0);
    const died = learnedProfiles(
      learn(NOTHING_LEARNED, { ...signature, outOfMemory: true, peakMiB: 50_000 }),
      BUILT_IN_PROFILES,
    );
    expect(died.find(({ id }) => id === asked.id)?.peakMiB).toBeGreaterThan(50_000);
  });
});

test("CAP-8 a reservation holds the doubt as far as a GPU without jobs has room for it, and never less than the peak", () => {
  const mib = fc.nat({ max: 100_000 });
  fc.assert(
    fc.property(mib, mib, mib, (peakMiB, uncertaintyMiB, mostMiB) => {
      const reserved = reservationOf({ peakMiB, uncertaintyMiB }, mostMiB);
      expect(reserved).toBeGreaterThanOrEqual(peakMiB);
      expect(reserved).toBeLessThanOrEqual(peakMiB + uncertaintyMiB);
      if (reserved > mostMiB) expect(reserved).toBe(peakMiB);
      expect(reservationOf({ peakMiB, uncertaintyMiB })).toBe(peakMiB + uncertaintyMiB);
    }),
  );
});
