import type { Tenant } from "../model.ts";
import type { Policy } from "../policy.ts";
import { ownPeakMiB } from "../tracking/tenant.ts";

/**
 * What a tenant without a declared job will hold at most: idle, what it holds; running, its own last peaks, else what
 * it was let in with, else the largest published figure that fits the card. Never more than the card.
 */
export function expectMiB(tenant: Tenant, emptyMiB: number, policy: Policy): number {
  const { state, heldMiB, peaks, jobPeakMiB, ticket } = tenant;
  if (state === "idle") return policy.idleHoldsOnly ? heldMiB : Math.max(heldMiB, ownPeakMiB(tenant) ?? 0);
  if (isBystander(tenant, policy)) return heldMiB;
  const own = peaks.length === 0 ? null : Math.max(...peaks);
  const basis = own ?? ticket?.figureMiB ?? strangerMiB(emptyMiB, policy);
  return Math.min(emptyMiB, Math.max(heldMiB, jobPeakMiB, basis * policy.strangerMargin));
}

/** A desktop's program that was there before anybody watched and has not moved since is no stranger's job. */
function isBystander(
  { state, heldMiB, peaks, ticket, movedMs, firstSeenMs }: Tenant,
  { aloneMiB }: Policy,
): boolean {
  const isKnown = peaks.length > 0 || ticket !== null;
  return state === "cannot-tell" && !isKnown && heldMiB <= aloneMiB && movedMs <= firstSeenMs;
}

function strangerMiB(emptyMiB: number, { publishedMiB }: Policy): number {
  return Math.max(0, ...publishedMiB.filter((mib) => mib <= emptyMiB));
}
