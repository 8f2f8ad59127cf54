import type { AlertParams, RuleId, Severity } from "../../shared/health/alert.ts";
import { type Held, hold } from "./hold.ts";
import type { Moment } from "./moment.ts";
import type { Rule } from "./rule.ts";
import type { RuleSet } from "./rules/all.ts";
import { followGpu, NEW_TRACK } from "./track/gpu-track.ts";
import { followHost, type HostTrack, NEW_HOST } from "./track/host-track.ts";
import type { GpuTrack, JobFacts } from "./track/track.ts";

/** A red line that is crossed, and has been for long enough. */
export interface Finding {
  rule: RuleId;
  /** UUID of the GPU; `null`: the host. */
  gpu: string | null;
  severity: Severity;
  sinceMs: number;
  params: AlertParams;
}

/** All that is remembered from moment to moment. Immutable. */
export interface Health {
  atMs: number;
  host: HostTrack;
  hostHeld: readonly (Held | null)[];
  /** By UUID. */
  gpus: ReadonlyMap<string, { track: GpuTrack; held: readonly (Held | null)[] }>;
}

/** What has changed with one moment. */
export interface Changes {
  began: Finding[];
  /** They go on, with something new to say. */
  renewed: Finding[];
  ended: Finding[];
}

export const NEW_HEALTH: Health = { atMs: 0, host: NEW_HOST, hostHeld: [], gpus: new Map() };

/** After a longer pause without samples nothing has "lasted". Longer than the longest interval. */
const GAP_MS = 90_000;
const NO_FACTS: JobFacts = { running: [], ended: [], xids: [] };

/** Looks at one moment with every rule, once for all viewers. Pure. */
export function evaluate(
  before: Health,
  moment: Moment,
  rules: RuleSet,
): { health: Health; changes: Changes } {
  const changes: Changes = { began: [], renewed: [], ended: [] };
  const afterGap = moment.nowMs - before.atMs > GAP_MS;
  const host = followHost(before.host, moment);
  const hostHeld = judgeAll(
    rules.host,
    { track: host, moment },
    null,
    before.hostHeld,
    moment,
    afterGap,
    changes,
  );
  const gpus = new Map<string, { track: GpuTrack; held: readonly (Held | null)[] }>();
  for (const gpu of moment.gpus) {
    const known = before.gpus.get(gpu.uuid);
    const facts = factsOf(gpu.index, moment, moment.slow.get(gpu.uuid)?.busId ?? null);
    const track = followGpu(known?.track ?? NEW_TRACK, gpu, moment, facts);
    const context = { gpu, track, slow: moment.slow.get(gpu.uuid), moment };
    const held = judgeAll(rules.gpu, context, gpu.uuid, known?.held ?? [], moment, afterGap, changes);
    gpus.set(gpu.uuid, { track, held });
  }
  // A GPU that is not in the list any more has no alerts.
  for (const [uuid, { held }] of before.gpus) {
    if (gpus.has(uuid)) continue;
    held.forEach((one, i) => {
      const rule = rules.gpu[i];
      if (one?.active === true && rule !== undefined) changes.ended.push(findingOf(rule.id, uuid, one));
    });
  }
  return { health: { atMs: moment.nowMs, host, hostHeld, gpus }, changes };
}

function judgeAll<Context>(
  rules: readonly Rule<Context>[],
  context: Context,
  gpu: string | null,
  before: readonly (Held | null)[],
  { nowMs }: Moment,
  afterGap: boolean,
  changes: Changes,
): readonly (Held | null)[] {
  return rules.map((rule, i) => {
    const kept = before[i] ?? null;
    const held = afterGap && kept?.active === false ? null : kept;
    const next = hold(held, rule.judge(context), nowMs, rule.timing);
    if (next !== held) note(changes, rule.id, gpu, held, next);
    return next;
  });
}

function note(changes: Changes, rule: RuleId, gpu: string | null, before: Held | null, after: Held | null) {
  const was = before?.active === true;
  if (after?.active === true) {
    if (!was) changes.began.push(findingOf(rule, gpu, after));
    else if (before?.news !== after.news) changes.renewed.push(findingOf(rule, gpu, after));
  } else if (was && before !== null) changes.ended.push(findingOf(rule, gpu, before));
}

function findingOf(rule: RuleId, gpu: string | null, { severity, sinceMs, params }: Held): Finding {
  return { rule, gpu, severity, sinceMs, params };
}

function factsOf(index: number, { running, ended, xids }: Moment, busId: string | null): JobFacts {
  if (running.length === 0 && ended.length === 0 && xids.length === 0) return NO_FACTS;
  return {
    running: running.filter(({ gpus }) => gpus.includes(index)),
    ended: ended.filter(({ gpus }) => gpus.includes(index)),
    xids: busId === null ? [] : xids.flatMap((xid) => (isBusId(busId, xid.busId) ? [xid.code] : [])),
  };
}

/** nvidia-smi prints the domain with eight digits, the kernel with four, and leaves the function out. */
function isBusId(full: string, short: string): boolean {
  const plain = (text: string) =>
    text
      .toLowerCase()
      .replace(/^0+(?=[0-9a-f]{4}:)/, "")
      .replace(/\.\d$/, "");
  return plain(full) === plain(short);
}
