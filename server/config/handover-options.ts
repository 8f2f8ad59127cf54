import * as v from "valibot";
import { backendNameSchema, HANDOVER_RANGES } from "../../shared/handover/handover-settings.ts";
import { wholeNumber } from "./checks.ts";

const within = (key: keyof typeof HANDOVER_RANGES) =>
  wholeNumber(key, HANDOVER_RANGES[key].least, HANDOVER_RANGES[key].most);

/** Who leaves the card for whom, and who comes back. */
export const handoverEntries = {
  /** Ids of backends that may be asked to release when a waiting job does not fit. */
  releaseOnRequest: v.optional(v.array(backendNameSchema), []),
  /** Id of the backend that lives on the card when nobody needs it. */
  home: v.optional(backendNameSchema),
  homeAfterSeconds: v.optional(within("homeAfterSeconds"), 120),
  /** Whoever was given the card keeps it for so long. */
  minTurnSeconds: v.optional(within("minTurnSeconds"), 60),
  /** By the id of a backend: it is released when it has been idle for so many minutes. */
  idleReleaseMinutes: v.optional(v.record(backendNameSchema, within("idleReleaseMinutes")), {}),
  /** Above so many °C nothing is loaded and nothing starts. */
  holdAboveC: v.optional(within("holdAboveC")),
};
