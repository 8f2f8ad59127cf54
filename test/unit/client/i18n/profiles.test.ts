import { expect, test } from "vitest";
import { profilesZhCn } from "../../../../client/i18n/profiles/zh-cn.ts";
import { BUILT_IN_PROFILES } from "../../../../server/profiles/built-in-profiles.ts";

/** What stays as it is in Chinese: names of models, cards and repositories. */
const NAMES =
  /Wan-Video\/Wan2\.1|Wan2\.[12]|THUDM\/CogVideo|CogVideoX[\d.]*(?:-\d?b)?|TurboDiffusion|README|RTX 4090|H800\/H100|A10|A14B|GB|GPU|SAT|T2V|I2V|B\b/gi;

test("PNL-23 names and sources of the built-in profiles are Chinese where Chinese is shown", () => {
  for (const { label, source } of BUILT_IN_PROFILES.map(profilesZhCn)) {
    for (const text of [label, source]) {
      expect(text.replace(NAMES, ""), text).not.toMatch(/[a-z]{2,}/i);
    }
  }
  expect(profilesZhCn({ label: "Wan2.1 14B T2V 720p · 4 GPUs" }).label).toBe(
    "Wan2.1 14B T2V 720p · 4 块 GPU",
  );
  // Somebody's own name stays.
  expect(profilesZhCn({ label: "my tuned model" }).label).toBe("my tuned model");
});
