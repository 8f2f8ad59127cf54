import { expect, test } from "vitest";
import { heldUntoldMiB } from "../../../../client/panel/release/held-untold.ts";

const gpu = (afterMiB: number | null) => ({ index: 0, beforeMiB: 22_000, afterMiB, freedMiB: 0 });
const held = (usedMiB: number | null) => ({
  gpu: 0,
  pid: 7,
  name: "python",
  usedMiB,
  because: "unknown" as const,
});

test("REL-2b what no listed process holds is told once it is more than a desktop takes", () => {
  expect(heldUntoldMiB({ gpus: [gpu(22_000)], stillHeldBy: [] })).toBe(22_000);
  expect(heldUntoldMiB({ gpus: [gpu(22_000), gpu(500)], stillHeldBy: [held(4_000)] })).toBe(18_500);
  expect(heldUntoldMiB({ gpus: [gpu(22_000)], stillHeldBy: [held(20_000)] })).toBeNull();
  expect(heldUntoldMiB({ gpus: [gpu(300)], stillHeldBy: [] })).toBeNull();
});

test("REL-2b where sizes or VRAM in use are not told nothing is reckoned", () => {
  expect(heldUntoldMiB({ gpus: [gpu(22_000)], stillHeldBy: [held(null)] })).toBeNull();
  expect(heldUntoldMiB({ gpus: [gpu(null)], stillHeldBy: [] })).toBeNull();
  expect(heldUntoldMiB({ gpus: [], stillHeldBy: [] })).toBeNull();
});
