import type { FitAdvice } from "../../../shared/capacity/fit.ts";
import type { AlertList, Mute } from "../../../shared/health/past-alert.ts";
import type { HistoryAnswer, HistoryQuery } from "../../../shared/history/series.ts";
import type { Problem } from "../../../shared/problems/problem.ts";
import type { Resumed } from "../../../shared/protocol/messages.ts";
import type { ReplayDemand, ReplayState } from "../../../shared/protocol/replay.ts";
import type { Reply } from "../../../shared/protocol/reply.ts";
import type { ReleaseRecord } from "../../../shared/release/record.ts";
import type { Sessions } from "../../recording/sessions/sessions.ts";
import type { ReleaseDemand } from "../../release/controller.ts";

/** What commands may do with the sidecar. */
export interface Sidecar {
  readonly bootId: string;
  resume(sinceSeq: number, windowMs: number): Resumed;
  release(demand: ReleaseDemand): Reply<{ id: string }>;
  cancelRelease(by: string, id: string): Reply<{ id: string }>;
  prepareBackend(id: string): Promise<Reply<{ id: string }>>;
  alerts: {
    all(): AlertList;
    acknowledge(id: string, by: string): Reply<{ id: string }>;
    mute(rule: string, minutes: number): Reply<Mute>;
  };
  sessions: Pick<Sessions, "list" | "start" | "stop" | "remove">;
  replay(demand: ReplayDemand): Reply<ReplayState>;
  /** What would make a job of this profile fit. */
  adviseOn(profile: string): Reply<FitAdvice>;
  /** Releases of the past, newest first. */
  pastReleases(): readonly ReleaseRecord[];
  history(query: HistoryQuery, address: string): Reply<HistoryAnswer>;
}

/** The viewer a command comes from. */
export interface Viewer {
  readonly address: string;
  /** Why this viewer may not act, or `null` when it may. */
  readonly actProblem: Problem | null;
  readonly historyMs: number;
  /** From now on history goes back so far, if it did not already. */
  wantHistory(windowMs: number): void;
  setWatching(watching: boolean): void;
}
