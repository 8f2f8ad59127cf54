import type { Job } from "../../shared/jobs/job.ts";
import type { JobEnd } from "../../shared/protocol/job-requests.ts";
import { createEmitter } from "../lib/emitter.ts";
import { isMortal, isUnfinished, type JobRecord } from "./job-record.ts";
import type { JobStore } from "./job-store.ts";
import { prune, shownOf, textOf } from "./records.ts";

/** A job that has ended, with what it says of itself. */
export interface EndedJob {
  job: Job;
  /** Peak that it measured, MiB. */
  peakMiB: number | null;
  oom: boolean;
  /** It goes on as another job. */
  gaveWay: boolean;
}

/** The records of all jobs: kept on disk, and told of when they change. */
export interface JobBook {
  records(): readonly JobRecord[];
  find(id: string): Job | null;
  /** Those that run or wait in the order in which they came, then the last ones that ended. */
  list(): Job[];
  /** Takes over the records of a step: saved first, then known. @param said what ended jobs say of themselves */
  take(next: readonly JobRecord[], said?: ReadonlyMap<string, JobEnd>): void;
  /** Takes records over that are on disk already, or will be. */
  adopt(next: readonly JobRecord[]): void;
  onChange(listener: () => void): () => void;
  changed(): void;
  onEnd(listener: (ended: EndedJob) => void): () => void;
  close(): void;
}

/** Ended jobs that everybody is shown. */
const SHOWN_ENDED = 20;

/** @param expire told of jobs that have fallen silent, also while no samples come */
export function createJobBook(
  store: JobStore,
  nowMs: () => number,
  expire: (silent: readonly Job[]) => void,
): JobBook {
  const changes = createEmitter<void>();
  const ends = createEmitter<EndedJob>();
  let records: readonly JobRecord[] = [];
  let expiry: NodeJS.Timeout | undefined;

  function watchExpiry() {
    clearTimeout(expiry);
    const deadlines = records.filter(isMortal).map(({ job }) => job.expiresAt);
    if (deadlines.length === 0) return;
    const inMs = Math.max(1, Math.min(...deadlines) - nowMs());
    expiry = setTimeout(() => {
      expire(records.flatMap((one) => (isMortal(one) && one.job.expiresAt <= nowMs() ? one.job : [])));
      watchExpiry();
    }, inMs);
  }

  return {
    records: () => records,
    find: (id) => records.find(({ job }) => job.id === id)?.job ?? null,
    list() {
      const ended = records.filter((record) => !isUnfinished(record)).map(({ job }) => job);
      ended.sort((a, b) => (b.endedAt ?? 0) - (a.endedAt ?? 0));
      return [...records.filter(isUnfinished).map(({ job }) => job), ...ended.slice(0, SHOWN_ENDED)];
    },
    take(next, said = new Map()) {
      const before = new Map(records.map((record) => [record.job.id, record]));
      const kept = prune(next);
      const isNews = (record: JobRecord) => before.get(record.job.id) !== record;
      const keptIds = new Set(kept.map(({ job }) => job.id));
      store.save(
        kept.filter((record) => isNews(record) && textOf(record) !== textOf(before.get(record.job.id))),
        [...before.keys()].filter((id) => !keptIds.has(id)),
      );
      records = kept;
      watchExpiry();
      const changed = kept.filter((one) => isNews(one) && shownOf(one) !== shownOf(before.get(one.job.id)));
      if (changed.length > 0 || kept.length !== before.size) changes.emit();
      for (const { job } of changed) {
        if (before.get(job.id)?.job.state !== "running" || job.state === "running") continue;
        const { peakMiB = null, oom = false, gaveWay = false } = said.get(job.id) ?? {};
        ends.emit({ job, peakMiB, oom, gaveWay });
      }
    },
    adopt(next) {
      records = next;
    },
    onChange: changes.subscribe,
    changed: changes.emit,
    onEnd: ends.subscribe,
    close: () => clearTimeout(expiry),
  };
}
