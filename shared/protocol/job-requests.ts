import * as v from "valibot";
import { profileQuerySchema, resolutionSchema } from "../profiles/match-profile.ts";
import { signatureSchema } from "../profiles/signature.ts";

/** How long a job may keep silent before it counts as dead, unless it says otherwise. */
export const DEFAULT_TTL_SECONDS = 60;
/** The longest that `GET /api/v1/jobs/ID?wait=` may hold its answer back. */
export const LONGEST_WAIT_SECONDS = 30;

const text = (most: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(most));
const whole = (least: number, most: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));
const mib = whole(1, 10_000_000);
const pid = whole(1, 4_194_304);
const ttlSeconds = whole(5, 3600);

const jobBodyEntries = {
  /** For people. */
  label: v.optional(text(120)),
  /** What it is predicted from. */
  profile: v.optional(text(80)),
  /** Or its settings: the profile that agrees, or for another size one that is predicted. */
  model: v.optional(text(80)),
  task: v.optional(text(80)),
  resolution: v.optional(resolutionSchema),
  frames: v.optional(whole(1, 100_000)),
  steps: v.optional(whole(1, 10_000)),
  quant: v.optional(text(80)),
  offload: v.optional(text(80)),
  /** What its host knows of it, beside or in place of a profile: its peaks are learned under it. */
  signature: v.optional(signatureSchema),
  /** Predicted peak on each of its GPUs, in place of the profile's. */
  peakMiB: v.optional(mib),
  /** GPUs that it needs at the same time. */
  gpus: v.optional(whole(1, 64)),
  /** The GPUs that it may use; without `gpus` it needs all of them. */
  gpuIndexes: v.optional(
    v.pipe(
      v.array(whole(0, 1023)),
      v.minLength(1),
      v.maxLength(64),
      v.check((all) => new Set(all).size === all.length, "an index is named twice"),
    ),
  ),
  backend: v.optional(text(60)),
  pid: v.optional(pid),
  /**
   * When that process began (Linux: field 22 of `/proc/PID/stat`). Where the sidecar sees the same process, a job that
   * runs lasts until that has ended, also without heartbeats; where it does not, the pid is another machine's.
   */
  pidStart: v.optional(v.pipe(v.string(), v.regex(/^\d{1,20}$/, "a number of clock ticks"))),
  /** Who asks, where one address asks for several people: they take turns. */
  asker: v.optional(text(120)),
  /**
   * So long its host's own queue has held it behind other jobs of the process of `pid`: it stands in line before those
   * who have asked since, as far back as jobs of that process have run or waited here.
   */
  waitedSeconds: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(86_400))),
  /** It runs already: it is counted, whether there is room or not. */
  started: v.optional(v.boolean(), false),
  ttlSeconds: v.optional(ttlSeconds, DEFAULT_TTL_SECONDS),
  /** False: it is refused rather than kept waiting when there is no room now. */
  wait: v.optional(v.boolean(), true),
  /** Makes a repeated request one job. */
  requestId: v.optional(text(128)),
};
type Described = Partial<Record<"profile" | "model" | "signature" | "peakMiB", unknown>>;
const isDescribed = ({ profile, model, signature, peakMiB }: Described) =>
  [profile, model, signature, peakMiB].some((given) => given !== undefined);
const NOT_DESCRIBED = "profile, model, signature or peakMiB is needed";
const isOfPid = ({ pid, pidStart }: Partial<Record<"pid" | "pidStart", unknown>>) =>
  pidStart === undefined || pid !== undefined;
const NOT_OF_PID = "pidStart is of a pid";

/** `POST /api/v1/jobs`: a job that wants to start. */
export const jobBodySchema = v.pipe(
  v.strictObject(jobBodyEntries),
  v.check((body) => isDescribed(body), NOT_DESCRIBED),
  v.check((body) => isOfPid(body), NOT_OF_PID),
);
export type JobBody = v.InferOutput<typeof jobBodySchema>;
/** The same in a group: on another host, or on the first that has room. */
export const groupJobBodySchema = v.pipe(
  v.strictObject({ ...jobBodyEntries, host: v.optional(text(80)), anywhere: v.optional(v.boolean(), false) }),
  v.check((body) => isDescribed(body), NOT_DESCRIBED),
  v.check((body) => isOfPid(body), NOT_OF_PID),
  v.check(({ host, anywhere }) => host === undefined || !anywhere, "host or anywhere, not both"),
  v.check(
    ({ pid, anywhere }) => pid === undefined || !anywhere,
    "a pid is of one host: with anywhere, tell it by PATCH when a host is named",
  ),
);

/** `PATCH /api/v1/jobs/ID`: a heartbeat, and what has changed. */
export const jobPatchSchema = v.strictObject({
  phase: v.optional(v.nullable(text(80))),
  pid: v.optional(pid),
  ttlSeconds: v.optional(ttlSeconds),
});
export type JobPatch = v.InferOutput<typeof jobPatchSchema>;

/** `DELETE /api/v1/jobs/ID`: the job has ended, or no longer wants to start. */
export const jobEndSchema = v.pipe(
  v.strictObject({
    outcome: v.optional(v.picklist(["done", "failed"]), "done"),
    /** Peak that it measured itself, on the GPU where it was highest. */
    peakMiB: v.optional(mib),
    /** What of the peak cannot give way: less where its host drops weights as others need room. */
    leastMiB: v.optional(mib),
    /** Its host still had some results from before: it shows what is needed at least, never that less is enough. */
    partial: v.optional(v.boolean()),
    /** It lets others have the card in mid-job, and asks for its rest as another job: nobody is told of an end. */
    gaveWay: v.optional(v.boolean()),
    /** Of the rest of a job that gave way: so long it ran in all. */
    ranSeconds: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(31_536_000))),
    /** It ran out of memory. */
    oom: v.optional(v.boolean(), false),
  }),
  v.check(
    ({ peakMiB, leastMiB }) => leastMiB === undefined || (peakMiB !== undefined && leastMiB <= peakMiB),
    "leastMiB is part of peakMiB",
  ),
);
export type JobEnd = v.InferOutput<typeof jobEndSchema>;

/** `GET /api/v1/jobs/ID`: seconds to hold the answer back while the job waits. */
export const jobQuerySchema = v.object({
  wait: v.optional(
    v.pipe(v.string(), v.regex(/^\d{1,3}$/), v.transform(Number), v.maxValue(LONGEST_WAIT_SECONDS)),
    "0",
  ),
});

const json = v.rawTransform<string, unknown>(({ dataset, addIssue, NEVER }) => {
  try {
    return JSON.parse(dataset.value);
  } catch {
    addIssue({ message: "a signature as JSON" });
    return NEVER;
  }
});
const count = (most: number) =>
  v.pipe(
    v.string(),
    v.regex(/^\d{1,8}$/, "a whole number"),
    v.transform(Number),
    v.minValue(1),
    v.maxValue(most),
  );

/** `GET /api/v1/fit`: the kind of job, and who asks, as strings of a query. */
export const fitQuerySchema = v.strictObject({
  ...profileQuerySchema.entries,
  /** As `POST /api/v1/jobs` takes it, in JSON. */
  signature: v.optional(v.pipe(v.string(), v.maxLength(8000), json, signatureSchema)),
  /** Peak on each of its GPUs, in place of the profile's. */
  peakMiB: v.optional(count(10_000_000)),
  /** The process or backend that would run it: what it holds counts for its own job. */
  pid: v.optional(count(4_194_304)),
  backend: v.optional(text(60)),
  /** `start`: room is held for 15 s after a yes. It needs the right to post jobs. */
  intent: v.optional(v.picklist(["look", "start"]), "look"),
  /** Who asks, where one address asks for several people. */
  asker: v.optional(text(120)),
});
export type FitQuery = v.InferOutput<typeof fitQuerySchema>;
