import type { FitAdvice, FitLanguage } from "../../shared/capacity/fit.ts";
import type { AlertList, Mute, TestResult } from "../../shared/health/past-alert.ts";
import type { HistoryAnswer, HistoryQuery } from "../../shared/history/series.ts";
import type { Profile } from "../../shared/profiles/profile.ts";
import type { OverviewAnswer } from "../../shared/protocol/group-overview.ts";
import type { GroupView } from "../../shared/protocol/group-view.ts";
import type { RegisterBody } from "../../shared/protocol/host-requests.ts";
import type { FitQuery } from "../../shared/protocol/job-requests.ts";
import type { Hello, Resumed } from "../../shared/protocol/messages.ts";
import type { ReplayDemand, ReplayState } from "../../shared/protocol/replay.ts";
import type { Reply } from "../../shared/protocol/reply.ts";
import type { SourceState } from "../../shared/protocol/state.ts";
import type { ReleaseRecord } from "../../shared/release/record.ts";
import type { Release } from "../../shared/release/release.ts";
import type { WhatIfAnswer } from "../../shared/what-if/what-if.ts";
import type { AskForLimit } from "../fit/limit-desk.ts";
import type { FoundBackends } from "../found/found-backends.ts";
import type { Elsewhere } from "../group/elsewhere.ts";
import type { HandoverDesk } from "../handover/desk.ts";
import type { HandoverSettingsDesk } from "../handover/settings-desk.ts";
import type { Leases } from "../hosts/leases.ts";
import type { FitAnswer } from "../http/openapi/fit-schema.ts";
import type { Jobs } from "../jobs/jobs.ts";
import type { Exposition } from "../recording/prometheus/render.ts";
import type { Sessions } from "../recording/sessions/sessions.ts";
import type { ReleaseDemand } from "../release/targets.ts";
import type { Asker } from "./asker.ts";

/** What actions may ask of the sidecar. */
export interface ActsOn {
  /** Names this run of the sidecar; another one after the clock or a recording has jumped. */
  bootId(): string;
  readonly version: string;
  /** Shows that this sidecar knows its token; `null`: it has none. */
  prove(port: number, nonce: string): string | null;
  /** The hook of an app, for some seconds. */
  registerBackend(wish: RegisterBody, address: string): Reply<{ id: string }>;
  /** Backends that were found and not set up. */
  found: Pick<FoundBackends, "adopt" | "dismiss" | "forget" | "lookAgain">;
  /** Hosts that use it, each while it holds a connection. */
  leases: Pick<Leases, "begin"> & { beatMs: number };
  source(): SourceState;
  /** Tries to get samples at once where a wait for that is going on; resolves when the try has said something. */
  retrySource(): Promise<void>;
  /** All hosts that it shows. */
  group(): GroupView;
  /** The same as rows, with room for jobs of this profile. */
  groupOverview(profile: string | null, since?: number): OverviewAnswer;
  hello(asker: Pick<Asker, "actProblem" | "ownBackend">): Hello;
  resume(sinceSeq: number, windowMs: number): Resumed;
  profiles(): readonly Profile[];
  fit(query: FitQuery, asker: string, language: FitLanguage): Promise<Reply<FitAnswer>>;
  limit: AskForLimit;
  /** What would make a job of this profile fit. */
  adviseOn(profile: string): Reply<FitAdvice>;
  takeFigure(profile: string): Reply<Profile>;
  /** What is asked of the other hosts of the group. */
  elsewhere: Elsewhere;
  /** What the gate would have done in so many days. */
  whatIf(days: number, language: FitLanguage): Promise<Reply<WhatIfAnswer>>;
  jobs: Pick<Jobs, "list" | "request" | "heartbeat" | "finish" | "whenStarted">;
  alerts: {
    all(): AlertList;
    acknowledge(id: string, by: string): Reply<{ id: string }>;
    mute(rule: string, minutes: number): Reply<Mute>;
    test(): Promise<TestResult[]>;
  };
  release(demand: ReleaseDemand): Reply<{ id: string }>;
  findRelease(id: string): Release | null;
  cancelRelease(by: string, id: string): Reply<{ id: string }>;
  loadBackend(id: string): Promise<Reply<{ id: string }>>;
  handover: Pick<HandoverDesk, "postpone" | "hold" | "endHold"> & {
    settings: Pick<HandoverSettingsDesk, "setup" | "set">;
  };
  /** Newest first. */
  pastReleases(): readonly ReleaseRecord[];
  history(query: HistoryQuery, address: string): Reply<HistoryAnswer>;
  metrics(): Promise<Exposition>;
  sessions: Pick<Sessions, "list" | "start" | "stop" | "remove">;
  replay(demand: ReplayDemand): Reply<ReplayState>;
}
