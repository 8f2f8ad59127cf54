import * as v from "valibot";
import {
  type HandoverValues,
  type SetHandover,
  setHandoverSchema,
} from "../../shared/handover/handover-settings.ts";
import type { HandoverOptions } from "./settings.ts";

/** The settings of the config file, as the panel tells them. Pure. */
export function valuesOf(options: HandoverOptions): HandoverValues {
  const { home = null, homeAfterSeconds, minTurnSeconds, idleReleaseMinutes, holdAboveC = null } = options;
  return { home, homeAfterSeconds, minTurnSeconds, idleReleaseMinutes, holdAboveC };
}

/** What was set in the panel goes before the config file. Pure. */
export function valuesWith(file: HandoverValues, own: SetHandover): HandoverValues {
  const { idleReleaseMinutes = {}, ...rest } = own;
  const minutes = Object.entries({ ...file.idleReleaseMinutes, ...idleReleaseMinutes });
  const set = minutes.flatMap(([id, n]) => (n === null ? [] : [[id, n] as const]));
  return { ...file, ...rest, idleReleaseMinutes: Object.fromEntries(set) };
}

/** After a change; what is as in the config file again is kept no longer, so that the file holds there. Pure. */
export function ownAfter(file: HandoverValues, own: SetHandover, change: SetHandover): SetHandover {
  const minutes = { ...own.idleReleaseMinutes, ...change.idleReleaseMinutes };
  const differs = ([id, n]: [string, number | null]) => n !== (file.idleReleaseMinutes[id] ?? null);
  const idleReleaseMinutes = Object.fromEntries(Object.entries(minutes).filter(differs));
  const before: Readonly<Record<string, unknown>> = { ...file, idleReleaseMinutes: null };
  const next = Object.entries({
    ...{ ...own, ...change },
    idleReleaseMinutes: Object.keys(idleReleaseMinutes).length === 0 ? null : idleReleaseMinutes,
  });
  return v.parse(setHandoverSchema, Object.fromEntries(next.filter(([key, value]) => value !== before[key])));
}
