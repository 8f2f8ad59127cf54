import type { JobRecord } from "../../../../server/capacity/job-record.ts";
import { endMarkedJob, type MarkedJob, presentPeak } from "../../../../server/capacity/marked-job.ts";
import { NOTHING_OBSERVED, observe } from "../../../../server/capacity/observer.ts";
import { promisedToOthers, reservationFor } from "../../../../server/capacity/promises.ts";
import { admitWaiting } from "../../../../server/capacity/queue.ts";
import type { GpuNow } from "../../../../server/capacity/room.ts";
import { reserveMiB } from "../../../../shared/capacity/concurrency.ts";
import type { Profile } from "../../../../shared/capacity/profile.ts";
import type { Policy, Request, Sample } from "../policy.ts";

const LOOKED_AT = 16;

/** The product's own queue, over what the product's estimator has learned. */
export function createAdmission(profiles: readonly Profile[]): Policy {
  let state = NOTHING_OBSERVED;
  let records: readonly JobRecord[] = [];
  let last: Sample | null = null;
  let nowMs = 0;
  let places = 0;
  let dirty = true;
  const marked = new Map<string, MarkedJob>();
  const byId = new Map(profiles.map((profile) => [profile.id, profile]));

  const reserveOn = (index: number, totalMiB: number) =>
    reserveMiB(totalMiB) + Math.ceil(promisedToOthers(state, index));
  const gpusNow = (): GpuNow[] =>
    (last?.gpus ?? []).map(
      ({ index, memoryTotalMiB: totalMiB, memoryFreeMiB: free, memoryUsedMiB, processes }) => ({
        index,
        totalMiB,
        reserveMiB: totalMiB === null ? null : reserveOn(index, totalMiB),
        usedMiB: memoryUsedMiB,
        views:
          free === null || processes === null
            ? []
            : [{ by: "process", freeMiB: Math.min(free, state.freeAtList.get(index) ?? free), processes }],
      }),
    );
  // What an empty GPU could give, so that the doubt about a peak keeps no job out for ever.
  const most = () => {
    const rooms = (last?.gpus ?? []).map(({ index, memoryTotalMiB: total }) =>
      total === null ? 0 : total - reserveOn(index, total) - (state.others.get(index)?.lastMiB ?? 0),
    );
    return Math.max(0, ...rooms);
  };
  const withPresentPeak = (record: JobRecord): JobRecord => {
    const profile = byId.get(record.job.profile ?? "");
    const running = marked.get(record.job.id);
    if (profile === undefined) return record;
    const peakMiB =
      running === undefined ? reservationFor(state, profile, profiles, most()) : presentPeak(state, running);
    return peakMiB === record.job.peakMiB ? record : { ...record, job: { ...record.job, peakMiB } };
  };
  const admit = () => {
    if (!dirty) return;
    dirty = false;
    // The head of the line is enough: whoever stands farther back is not asked every second.
    let room = LOOKED_AT;
    const looked = records.filter(({ job }) => job.state === "running" || room-- > 0);
    if (room === LOOKED_AT) return;
    const admitted = new Map(
      admitWaiting(looked.map(withPresentPeak), gpusNow(), nowMs).map((record) => [record.place, record]),
    );
    records = records.map((record) => admitted.get(record.place) ?? record);
  };

  return {
    name: "admission",
    patienceS: Number.POSITIVE_INFINITY,
    marked: true,
    sample: (sample) => {
      last = sample;
      nowMs = sample.tS * 1000;
      const { tracked } = state;
      state = observe(state, sample.gpus, [...marked.values()], nowMs).state;
      // Between two process lists free VRAM counts only where it falls.
      dirty ||= state.tracked !== tracked;
    },
    asked: (request) => {
      records = [...records, recordOf(request, ++places, nowMs)];
      dirty = true;
    },
    place: ({ id }) => {
      admit();
      const record = records.find(({ job }) => job.id === String(id));
      return record?.job.state === "running" && !marked.has(String(id)) ? record.job.gpus : null;
    },
    started: ({ id, profile }, gpus, pid) => {
      const key = String(id);
      const record = records.find(({ job }) => job.id === key);
      records = records.map((one) => (one === record ? { ...one, job: { ...one.job, pid } } : one));
      marked.set(key, {
        id: key,
        profile: profile.id,
        gpus,
        peakMiB: record?.job.peakMiB ?? profile.peakMiB,
        pid,
      });
    },
    ended: (id, outcome) => {
      const key = String(id);
      const job = marked.get(key);
      if (job !== undefined) state = endMarkedJob(state, job, outcome).state;
      marked.delete(key);
      records = records.filter((record) => record.job.id !== key);
      dirty = true;
    },
  };
}

function recordOf({ id, profile }: Request, place: number, nowMs: number): JobRecord {
  return {
    place,
    requestId: null,
    ownPeak: false,
    ttlMs: 60_000,
    allowed: null,
    keeps: [],
    usedBefore: [],
    job: {
      id: String(id),
      label: profile.label,
      profile: profile.id,
      state: "waiting",
      gpus: [],
      gpuCount: profile.gpus,
      peakMiB: profile.peakMiB,
      backend: null,
      pid: null,
      phase: null,
      requestedBy: "bench",
      requestedAt: nowMs,
      startedAt: null,
      endedAt: null,
      expiresAt: nowMs,
      position: null,
    },
  };
}
