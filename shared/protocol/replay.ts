import * as v from "valibot";

/** A recording that is being played. Where it stands is the time of the newest sample. */
export const replaySchema = v.object({
  /** Name of the file, without its folders. */
  file: v.string(),
  /** First and last moment of the recording, epoch milliseconds. */
  startMs: v.number(),
  endMs: v.number(),
  /** Recorded seconds per second. */
  speed: v.number(),
  paused: v.boolean(),
  /** Lines that could not be read, and the numbers of the first of them. */
  wrongLines: v.number(),
  firstWrong: v.array(v.number()),
  /** Only every nth sample is played; 1: all. */
  everyNth: v.number(),
});
export type ReplayState = v.InferOutput<typeof replaySchema>;

/** Speeds that a panel offers. */
export const REPLAY_SPEEDS = [1, 2, 5, 10, 30, 60] as const;

/** `POST /api/v1/replay` and the `replay` event; what is left out stays as it is. */
export const replayDemandSchema = v.strictObject({
  paused: v.exactOptional(v.boolean()),
  speed: v.exactOptional(v.pipe(v.number(), v.minValue(1), v.maxValue(60))),
  /** The moment to go to, epoch milliseconds. */
  atMs: v.exactOptional(v.number()),
});
export type ReplayDemand = v.InferOutput<typeof replayDemandSchema>;
