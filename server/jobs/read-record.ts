import * as v from "valibot";
import { jobSchema } from "../../shared/jobs/job.ts";
import { type JobRecord, jobRecordSchema } from "./job-record.ts";

const { startsAt: _, endsAt: __, ...jobBefore } = jobSchema.entries;
/** A job as versions up to 0.1.0 kept it: it knew nothing of classes. */
const recordBefore = v.object({
  job: v.object(jobBefore),
  place: v.number(),
  requestId: v.nullable(v.string()),
  ownPeak: v.optional(v.boolean(), false),
  ttlMs: v.number(),
  allowed: v.nullable(v.array(v.number())),
});

/** A job as it was kept, by this version or one before; `null`: it cannot be read. Pure. */
export function readJobRecord(body: unknown): JobRecord | null {
  const now = v.safeParse(jobRecordSchema, body);
  if (now.success) return now.output;
  const before = v.safeParse(recordBefore, body);
  if (!before.success) return null;
  const { job, place, requestId, ownPeak, ttlMs, allowed } = before.output;
  const { profile, peakMiB, label } = job;
  const isOwn = ownPeak || profile === null;
  return {
    ...{ place, requestId, ttlMs, on: allowed ?? [], running: null, pidStart: null },
    job: { ...job, startsAt: null, endsAt: null },
    jobClass: {
      ...{ key: isOwn ? `${profile ?? label}@${peakMiB}` : profile, family: null, size: null, seconds: null },
      configuredMiB: isOwn ? peakMiB : null,
      publishedMiB: isOwn ? null : peakMiB,
    },
  };
}
