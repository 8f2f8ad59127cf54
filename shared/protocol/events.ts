import type { FitAdvice, FitRequest } from "../capacity/fit.ts";
import type { Handover } from "../handover/handover.ts";
import type { HandoverSetup, SetHandover } from "../handover/handover-settings.ts";
import type { AlertList, Mute } from "../health/past-alert.ts";
import type { HistoryAnswer, HistoryRequest } from "../history/series.ts";
import type { Profile } from "../profiles/profile.ts";
import type { ReleaseRecord } from "../release/record.ts";
import type { Session, SessionCommand } from "../sessions/session.ts";
import type { WhatIfAnswer, WhatIfRequest } from "../what-if/what-if.ts";
import type { AcknowledgeRequest, MuteRequest } from "./alert-requests.ts";
import type { GroupOverviewRequest, OverviewAnswer } from "./group-overview.ts";
import type { Difference } from "./json-diff.ts";
import type { Hello, Resumed } from "./messages.ts";
import type { ReplayDemand, ReplayState } from "./replay.ts";
import type { Reply } from "./reply.ts";
import type { CancelRequest, IdRequest, ReleaseRequest, ResumeRequest } from "./requests.ts";
import type { WireSample } from "./sample-codec.ts";
import type { ViewPart } from "./view.ts";

/**
 * What changed of the {@link View}, by its parts; or all of it, for a viewer that has missed turns. `title` is for hidden
 * pages, which get no samples.
 */
export type Changes = { readonly [part in ViewPart | "title"]?: Difference };

/** Sidecar → panel. */
export interface ServerToClientEvents {
  hello: (hello: Hello) => void;
  /**
   * A sample and what changed with it; without a sample (`null`) what changed between two. `host` is for many hosts
   * under one address: a turn of one that `hello` did not describe is not for this panel.
   */
  turn: (sample: WireSample | null, changes?: Changes, host?: string) => void;
}

/** Panel → sidecar. Each is acknowledged. */
export interface ClientToServerEvents {
  watch: (ack: (reply: Reply<null>) => void) => void;
  unwatch: (ack: (reply: Reply<null>) => void) => void;
  resume: (request: ResumeRequest, ack: (reply: Reply<Resumed>) => void) => void;
  release: (request: ReleaseRequest, ack: (reply: Reply<{ id: string }>) => void) => void;
  "cancel-release": (request: CancelRequest, ack: (reply: Reply<{ id: string }>) => void) => void;
  "load-backend": (request: IdRequest, ack: (reply: Reply<{ id: string }>) => void) => void;
  "prepare-backend": (request: IdRequest, ack: (reply: Reply<{ id: string }>) => void) => void;
  /** What holds of the hand-over, and what the config file says. */
  "handover-settings": (ack: (reply: Reply<HandoverSetup>) => void) => void;
  "set-handover": (request: SetHandover, ack: (reply: Reply<HandoverSetup>) => void) => void;
  /** “Not now” to what is announced for a backend. */
  "postpone-handover": (request: IdRequest, ack: (reply: Reply<{ id: string }>) => void) => void;
  /** Nobody else is let in until it is given back or idle. */
  "hold-card": (ack: (reply: Reply<Handover>) => void) => void;
  "end-hold": (ack: (reply: Reply<Handover>) => void) => void;
  /** What was found becomes a backend, as if it had been set up. */
  "adopt-backend": (request: IdRequest, ack: (reply: Reply<{ id: string }>) => void) => void;
  /** It is not offered again. */
  "dismiss-backend": (request: IdRequest, ack: (reply: Reply<{ id: string }>) => void) => void;
  /** An adoption is taken back. */
  "forget-backend": (request: IdRequest, ack: (reply: Reply<{ id: string }>) => void) => void;
  "look-for-backends": (ack: (reply: Reply<null>) => void) => void;
  /** The alerts of now and of before, and what is muted. */
  "past-alerts": (ack: (reply: Reply<AlertList>) => void) => void;
  "acknowledge-alert": (request: AcknowledgeRequest, ack: (reply: Reply<{ id: string }>) => void) => void;
  "mute-rule": (request: MuteRequest, ack: (reply: Reply<Mute>) => void) => void;
  sessions: (command: SessionCommand, ack: (reply: Reply<Session[]>) => void) => void;
  replay: (demand: ReplayDemand, ack: (reply: Reply<ReplayState>) => void) => void;
  "past-releases": (ack: (reply: Reply<ReleaseRecord[]>) => void) => void;
  /** What would make a job of a profile fit. */
  fit: (request: FitRequest, ack: (reply: Reply<FitAdvice>) => void) => void;
  /** What jobs of a configured profile took here becomes its figure. */
  /** What waiting for room would have changed in the last days. */
  "what-if": (request: WhatIfRequest, ack: (reply: Reply<WhatIfAnswer>) => void) => void;
  "take-figure": (request: IdRequest, ack: (reply: Reply<Profile>) => void) => void;
  /** Tries to get samples now, where nvidia-smi has failed. */
  "retry-source": (ack: (reply: Reply<null>) => void) => void;
  /** The hosts of the group as rows. */
  "group-overview": (request: GroupOverviewRequest, ack: (reply: Reply<OverviewAnswer>) => void) => void;
  history: (request: HistoryRequest, ack: (reply: Reply<HistoryAnswer>) => void) => void;
}
