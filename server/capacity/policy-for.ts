import type { Profile } from "../../shared/profiles/profile.ts";
import type { Options } from "../config/options.ts";
import { POLICY, type Policy } from "./policy.ts";

/**
 * The rules' constants with what a user has set.
 * @param scale how many times faster the rules' times pass: 1, but for tests
 */
export function policyFor(
  { reserve }: Pick<Options, "reserve">,
  profiles: readonly Profile[],
  scale = 1,
): Policy {
  const times = Object.entries(POLICY).flatMap(([name, value]) =>
    name.endsWith("Ms") && typeof value === "number" ? [[name, value / scale] as const] : [],
  );
  return {
    ...POLICY,
    ...Object.fromEntries(times),
    reserveMiB: reserve,
    publishedMiB: profiles.map(({ peakMiB }) => peakMiB),
  };
}
