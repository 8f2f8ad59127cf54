import { readFileSync } from "node:fs";
import * as v from "valibot";
import { expect, test } from "vitest";

const moduleSchema = v.object({ verdict: v.function() });
const saidSchema = v.nullable(v.object({ kind: v.string(), text: v.string(), why: v.string() }));
const { verdict } = v.parse(
  moduleSchema,
  await import(new URL("../../../integrations/comfyui/web/verdict.js", import.meta.url).href),
);

/** Words that show what they were given. */
const WORDS = {
  ...{ fits: "fits", tight: "tight", unknown: "unknown", neverRan: "never ran", margin: "margin" },
  ...{
    never: "more than the card",
    neverByEstimate: "more, by an estimate",
    or: " or ",
    tiling: "tiling",
    basis: { measured: "measured", nearest: "nearest" },
  },
  "after-release": ({ gib }: { gib: number }) => `release ${gib}`,
  "no-room": ({ gib }: { gib: string }) => `short ${gib}`,
  "will-not-fit": ({ would }: { would: string }) => `will not: ${would}`,
  "may-not-fit": ({ would }: { would: string }) => `may not: ${would}`,
  frames: (n: number) => `${n} frames`,
  peak: (gib: string) => `peak ${gib}`,
  least: (gib: string) => `least ${gib}`,
  weights: (gib: string) => `weights ${gib}`,
  unknownOf: { size: "Size" },
  why: { file: (what: string) => `file ${what}` },
};
const FIT = {
  ...{ fits: false, basis: "measured", peakMiB: 20_480, uncertaintyMiB: 205, leastMiB: null },
  ...{ missingMiB: 10_240, never: false, options: [] },
};

const say = (fit: Record<string, unknown>, more: Record<string, unknown> = {}) =>
  v.parse(
    saidSchema,
    verdict(
      {
        ...{ signature: {}, unknown: {}, weightsMiB: null, would: null },
        ...more,
        fit: { ...FIT, ...fit },
      },
      WORDS,
    ),
  );

test("HOST-7 each state of the chip, and why", () => {
  expect(say({ fits: true, missingMiB: 0 })).toEqual({
    kind: "fits",
    text: "fits",
    why: "peak 20.2\nmeasured",
  });
  const releases = [{ kind: "release", enough: true, gainMiB: 14_336 }];
  expect(say({ options: releases })?.text).toBe("release 14");
  expect(say({ missingMiB: 205 })).toMatchObject({ kind: "tight", why: expect.stringMatching(/margin$/) });
  expect(say({ missingMiB: 206 })).toMatchObject({ kind: "no-room", text: "short 0.2" });
  expect(say({ leastMiB: 10_000 })).toMatchObject({ kind: "tight", why: "peak 20.2\nmeasured\nleast 9.8" });
  const unknown = { size: { why: "file", what: "a.png" } };
  expect(say({ basis: "nothing" }, { unknown, weightsMiB: 27_000 })).toEqual({
    ...{ kind: "unknown", text: "unknown", why: "never ran\nweights 26.4\nSize: file a.png." },
  });
});

test("HOST-7b that it will not fit is said of more than the card has, never where less was enough", () => {
  expect(say({ never: true }, { would: { frames: 49 } })).toMatchObject({
    ...{ kind: "will-not-fit", text: "will not: 49 frames" },
    why: "peak 20.2\nmeasured\nmore than the card",
  });
  const options = [{ kind: "vae-tiling", enough: true, gainMiB: 2002 }];
  expect(say({ never: true, options }, { would: { frames: 49 } })?.text).toBe(
    "will not: 49 frames or tiling",
  );
  expect(say({ never: true, leastMiB: 20_480 })?.kind).toBe("will-not-fit");
  expect(say({ never: true, leastMiB: 9000 })?.kind).toBe("tight");
  for (const basis of ["nearest", "published", "configured"])
    expect(say({ never: true, basis }, { would: { frames: 49 } })).toMatchObject({
      ...{ kind: "may-not-fit", text: "may not: 49 frames", why: expect.stringMatching(/by an estimate$/) },
    });
  // It has run with that on this card, of which others hold the rest now.
  expect(say({ never: true, leastMiB: 15_000 })?.kind).toBe("no-room");
});

test("HOST-7 nothing is said where nothing runs on a GPU, or nobody answers", () => {
  expect(say({}, { signature: null })).toBeNull();
  expect(say({ fits: null })).toBeNull();
});

test("HOST-7c the chip's states have forms of their own, beside their colours", () => {
  const file = new URL("../../../integrations/comfyui/web/bar.js", import.meta.url);
  const rules = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.includes("::before"));
  const formOf = (kind: string) =>
    rules
      .filter((rule) => rule.includes(`"${kind}"`))
      .map((rule) => rule.replace(/^.*?\{/, ""))
      .join();
  const forms = ["fits", "after-release", "tight", "will-not-fit", "unknown"].map(formOf);
  expect(new Set(forms).size).toBe(forms.length);
});
