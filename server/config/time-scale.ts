import * as v from "valibot";
import { wholeNumber } from "./checks.ts";

/** How many times faster the sidecar's own waiting times pass. For tests of this project alone. */
const VARIABLE = "GPU_PANEL_TEST_TIME_SCALE";
const scaleSchema = wholeNumber(VARIABLE, 1, 20);

/** `asked: false`: the variable is not there, and everything is as users have it. */
export type TimeScale = { kind: "scale"; factor: number; asked: boolean } | { kind: "error"; error: string };

export function readTimeScale(env: NodeJS.ProcessEnv): TimeScale {
  const text = env[VARIABLE];
  if (text === undefined || text === "") return { kind: "scale", factor: 1, asked: false };
  const parsed = v.safeParse(scaleSchema, text);
  if (parsed.success) return { kind: "scale", factor: parsed.output, asked: true };
  return { kind: "error", error: parsed.issues[0].message };
}
