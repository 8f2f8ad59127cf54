import * as v from "valibot";
import type { Gpu } from "../../shared/gpu/gpu.ts";
import { type Difference, type Json, patched } from "../../shared/protocol/json-diff.ts";
import { decodeSample, type WireSample } from "../../shared/protocol/sample-codec.ts";
import { type State, stateSchema } from "../../shared/protocol/state.ts";
import { detailRecordsOf, recordsOf } from "../../shared/protocol/view.ts";

/** What a host has published, as it came. */
export interface Published {
  gpus: readonly Gpu[];
  /** Parts of its view, each of unknown shape until a state is made of them. */
  parts: { readonly [part: string]: Json };
  sample: WireSample | null;
}

/** The parts after a turn; `null` where the differences make no sense. Pure. */
export function applyChanges(
  parts: Published["parts"],
  changes: { readonly [part: string]: Difference },
): Published["parts"] | null {
  try {
    const next = Object.entries(changes).map(([part, change]) => [
      part,
      patched(parts[part], change) ?? null,
    ]);
    return { ...parts, ...Object.fromEntries(next) };
  } catch {
    return null;
  }
}

/** The host's state as its own `GET /api/v1/state` tells it; `null` where what it published is none. Pure. */
export function stateOf({ gpus, parts, sample }: Published): State | null {
  const { promises = null, details = null, processMiB = null, profiles: _, ...others } = parts;
  const told = detailRecordsOf({ details, processMiB });
  const readings = sample === null ? null : (decodeSample(sample, gpus.length)?.readings ?? null);
  const parsed = v.safeParse(stateSchema, {
    ...others,
    promises: recordsOf(promises),
    gpus: gpus.map((gpu, i) => ({ ...gpu, ...Object(told[i]), ...readings?.[i] })),
  });
  return parsed.success ? parsed.output : null;
}
