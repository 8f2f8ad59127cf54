import { join } from "node:path";
import type { Sample } from "../../shared/gpu/sample.ts";
import type { HistoryAnswer, HistoryQuery } from "../../shared/history/series.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import { type Reply, refuse } from "../../shared/protocol/reply.ts";
import type { FolderHold } from "../data/folder-hold.ts";
import { tooManyRequests } from "../gateway/too-many-requests.ts";
import { createHistoryAnswers } from "../history/answer.ts";
import { type Archive, createArchive } from "../history/archive.ts";
import { openBlockStore } from "../history/block-store.ts";
import { createHistory, type History } from "../history/history.ts";
import type { Clocks } from "../history/pruning.ts";
import { recentRows } from "../history/recent-rows.ts";
import { addressKey } from "../lib/address-key.ts";
import { steadyMs } from "../lib/clock.ts";
import type { Disposer } from "../lib/disposer.ts";
import { createRateLimiter } from "../lib/rate-limiter.ts";
import type { Sampler } from "../sampling/sampler.ts";
import type { Timings } from "../timings.ts";

export interface HistoryParts {
  /** The last 15 minutes, for the panel's start. */
  recent: History;
  archive: Archive;
  sample(sample: Sample): void;
  /** Any stretch of the last 30 days, for a caller at this address. */
  ask(query: HistoryQuery, address: string | undefined): Reply<HistoryAnswer>;
  /** Why history would not survive a restart, or `null`. */
  problem(): Problem | null;
}

/** The clocks of a recording, and how far its samples stand apart (ms, `null`: not known yet). */
export interface Recorded {
  clocks(): Clocks;
  intervalMs(): number | null;
}

/** An answer takes some ms in which nothing else is done. A panel asks a few times a minute. */
const QUESTIONS = { burst: 60, perSecond: 5 };
const MOST_ADDRESSES = 4096;

/** Builds what remembers: the ring of the last minutes, and the archive of 30 days with its file. */
export function composeHistory(options: {
  sampler: Sampler;
  folder: string;
  hold: FolderHold;
  /** Demo figures must not be taken for those of real GPUs. */
  demo: boolean;
  intervalMs: number;
  /** Milliseconds between two writes to disk. */
  writeIntervalMs: number;
  /** Wall clock of `tMs` = 0. */
  epochMs: number;
  complain(message: string): void;
  disposer: Disposer;
  /** Of a recording, which brings its history itself. */
  recorded?: Recorded | undefined;
  timings: Pick<Timings, "sampling">;
}): HistoryParts {
  const { sampler, folder, hold, demo, intervalMs, writeIntervalMs, epochMs, complain, disposer, timings } =
    options;
  const store = openBlockStore(join(folder, demo ? "history-demo.sqlite" : "history.sqlite"), complain, hold);
  const { recorded } = options;
  const archive = createArchive(store, {
    longestIntervalMs: () => Math.max(timings.sampling.idleIntervalMs, recorded?.intervalMs() ?? intervalMs),
    ...(recorded === undefined ? {} : { clocks: recorded.clocks }),
  });
  disposer.add(archive.close);
  disposer.add(hold.onTaken(archive.flush));
  const timer = setInterval(archive.flush, writeIntervalMs);
  disposer.add(() => clearInterval(timer));

  const recent = createHistory((uuids) => (recorded ? [] : recentRows(archive, uuids, epochMs)));

  const limiter = createRateLimiter(QUESTIONS, MOST_ADDRESSES);
  const answer = createHistoryAnswers({
    archive,
    gpus: () => sampler.latest().gpus,
    problem: store.problem,
    ...(recorded === undefined
      ? {}
      : { wallMs: () => epochMs + sampler.nowMs(), keptUpToMs: () => recorded.clocks().wallMs }),
  });
  return {
    recent,
    archive,
    sample(sample) {
      recent.append(sample);
      if (recorded === undefined) archive.append(sample);
    },
    ask(query, address) {
      const waitMs = limiter.take(addressKey(address), steadyMs());
      return waitMs > 0 ? refuse(tooManyRequests(waitMs)) : answer(query);
    },
    problem: store.problem,
  };
}
