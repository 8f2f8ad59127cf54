import * as v from "valibot";
import { HISTORY_WINDOW_MS } from "../history/row.ts";
import { RELEASE_MODES } from "../release/release.ts";

const seq = v.pipe(v.number(), v.integer(), v.minValue(0));
const windowMs = v.pipe(v.number(), v.minValue(0), v.maxValue(HISTORY_WINDOW_MS));
const shortText = v.pipe(v.string(), v.minLength(1), v.maxLength(128));

/** What a panel says when it connects (Socket.IO `auth`). */
export const handshakeSchema = v.object({
  protocol: v.pipe(v.number(), v.integer()),
  token: v.optional(v.pipe(v.string(), v.maxLength(256))),
  /** The run of the sidecar that `lastSeq` belongs to. */
  bootId: v.optional(shortText),
  lastSeq: v.optional(seq),
  /** How much history the view shows; a bar shows none. */
  historyMs: v.optional(windowMs, HISTORY_WINDOW_MS),
  /** False for a panel that connects while hidden. */
  watch: v.optional(v.boolean(), true),
});
export type Handshake = v.InferInput<typeof handshakeSchema>;

const releaseScope = {
  /** Another host of the group. */
  host: v.optional(shortText),
  mode: v.optional(v.picklist(RELEASE_MODES), "auto"),
  backend: v.optional(shortText),
  gpu: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
};

/** `POST /api/v1/release` */
export const releaseBodySchema = v.strictObject({ ...releaseScope, requestId: v.optional(shortText) });

/** The `release` event. `bootId` is the run that the user looked at when pressing the button. */
export const releaseRequestSchema = v.strictObject({
  requestId: shortText,
  bootId: shortText,
  ...releaseScope,
});
/** The `cancel-release` event: the release that the user looked at. */
export const cancelRequestSchema = v.strictObject({ id: shortText });
export type CancelRequest = v.InferOutput<typeof cancelRequestSchema>;
/** Events that are about one thing: a backend to load again, a profile whose figure is taken. */
export const idRequestSchema = v.strictObject({ id: shortText });
export type IdRequest = v.InferOutput<typeof idRequestSchema>;
export type ReleaseRequest = v.InferInput<typeof releaseRequestSchema>;

/** `historyMs`: how much history the view shows by now, when that is more than the handshake said. */
export const resumeRequestSchema = v.strictObject({
  sinceSeq: seq,
  historyMs: v.optional(windowMs, 0),
});
export type ResumeRequest = v.InferInput<typeof resumeRequestSchema>;

/** Turns a failed check into one sentence that names the place. */
export function describeIssues(issues: readonly v.BaseIssue<unknown>[]): string {
  return issues
    .slice(0, 3)
    .map((issue) => {
      const path = v.getDotPath(issue);
      return path === null ? issue.message : `${path}: ${issue.message}`;
    })
    .join("; ");
}
