import * as v from "valibot";

/** What can be set of the hand-over as whole numbers, in the config file and in the panel. */
export const HANDOVER_RANGES = {
  homeAfterSeconds: { least: 10, most: 86_400 },
  minTurnSeconds: { least: 10, most: 86_400 },
  idleReleaseMinutes: { least: 1, most: 10_080 },
  holdAboveC: { least: 40, most: 110 },
} as const satisfies Record<string, { least: number; most: number }>;

const within = (key: keyof typeof HANDOVER_RANGES) => {
  const { least, most } = HANDOVER_RANGES[key];
  return v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));
};

/** The id of a backend, as the settings name it. */
export const backendNameSchema = v.pipe(v.string(), v.minLength(1), v.maxLength(60));

/** The hand-over's settings as they are. */
export const handoverSettingsSchema = v.object({
  /** The backend that lives on the card when nobody needs it. */
  home: v.nullable(v.string()),
  homeAfterSeconds: v.number(),
  minTurnSeconds: v.number(),
  /** By the id of a backend: it leaves when it has been idle for so many minutes. */
  idleReleaseMinutes: v.record(v.string(), v.number()),
  holdAboveC: v.nullable(v.number()),
});
export type HandoverValues = v.InferOutput<typeof handoverSettingsSchema>;

/** What holds now, and what would without the panel's settings: the config file, or what is usual. */
export const handoverSetupSchema = v.object({
  now: handoverSettingsSchema,
  file: handoverSettingsSchema,
  /** Who can be loaded again, and so can be at home on the card. */
  homes: v.array(v.string()),
});
export type HandoverSetup = v.InferOutput<typeof handoverSetupSchema>;

/** The `set-handover` event: what is named changes. `null`: none, or never. */
export const setHandoverSchema = v.strictObject({
  home: v.exactOptional(v.nullable(backendNameSchema)),
  homeAfterSeconds: v.exactOptional(within("homeAfterSeconds")),
  minTurnSeconds: v.exactOptional(within("minTurnSeconds")),
  idleReleaseMinutes: v.exactOptional(v.record(backendNameSchema, v.nullable(within("idleReleaseMinutes")))),
  holdAboveC: v.exactOptional(v.nullable(within("holdAboveC"))),
});
export type SetHandover = v.InferOutput<typeof setHandoverSchema>;
