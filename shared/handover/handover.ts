import * as v from "valibot";

/**
 * Why a backend leaves the card: for a job that waits, for a backend that has begun to work, because it has been idle for
 * as long as its owner says, or so that the one can come back that lives there.
 */
export const LEAVES_FOR = ["job", "backend", "idle", "home"] as const;

/** Who will leave the card or come back to it, and who holds it. Times are epoch milliseconds. */
export const handoverSchema = v.object({
  /** The backend that lives on the card when nobody needs it. */
  home: v.nullable(v.string()),
  /** What will be done if nothing changes; “not now” puts it off. */
  next: v.nullable(
    v.object({
      do: v.picklist(["release", "load"]),
      backend: v.string(),
      reason: v.nullable(v.picklist(LEAVES_FOR)),
      /** The backend or the job that gets the card. */
      forWhom: v.nullable(v.string()),
      at: v.number(),
    }),
  ),
  /** Nothing is loaded and nothing starts until the card is cooler, °C. */
  hotAboveC: v.nullable(v.number()),
  hold: v.nullable(
    v.object({
      by: v.string(),
      since: v.number(),
      /** False: it waits for the end of what runs. */
      active: v.boolean(),
      /** When it ends if the card stays as idle as it is, and nobody asks for it anew. */
      endsAt: v.number(),
    }),
  ),
});
export type Handover = v.InferOutput<typeof handoverSchema>;
export type LeavesFor = (typeof LEAVES_FOR)[number];

export const NO_HANDOVER_STATE: Handover = { home: null, next: null, hotAboveC: null, hold: null };
