import type { Job } from "../capacity/job.ts";
import type { Alert } from "../health/alert.ts";
import type { AlertList, Mute } from "../health/past-alert.ts";
import type { HistoryAnswer, HistoryRequest } from "../history/series.ts";
import type { BackendState } from "../release/backend.ts";
import type { ReleaseRecord } from "../release/record.ts";
import type { Release } from "../release/release.ts";
import type { Session, SessionCommand } from "../sessions/session.ts";
import type { AcknowledgeRequest, MuteRequest } from "./alert-requests.ts";
import type { CapacityMessage, DetailsMessage, Hello, Resumed } from "./messages.ts";
import type { ReplayDemand, ReplayState } from "./replay.ts";
import type { Reply } from "./reply.ts";
import type { CancelRequest, PrepareRequest, ReleaseRequest, ResumeRequest } from "./requests.ts";
import type { WireSample } from "./sample-codec.ts";
import type { HostState, SourceState } from "./state.ts";

/** Sidecar → panel. `sample` and `details` reach only those who watch; `sample` may be skipped for a slow viewer. */
export interface ServerToClientEvents {
  hello: (hello: Hello) => void;
  sample: (sample: WireSample) => void;
  details: (details: DetailsMessage) => void;
  host: (host: HostState) => void;
  source: (source: SourceState) => void;
  capacity: (capacity: CapacityMessage) => void;
  backends: (backends: BackendState[]) => void;
  release: (release: Release) => void;
  jobs: (jobs: Job[]) => void;
  alerts: (alerts: Alert[]) => void;
}

/** Panel → sidecar. Each is acknowledged. */
export interface ClientToServerEvents {
  watch: (ack: (reply: Reply<null>) => void) => void;
  unwatch: (ack: (reply: Reply<null>) => void) => void;
  resume: (request: ResumeRequest, ack: (reply: Reply<Resumed>) => void) => void;
  release: (request: ReleaseRequest, ack: (reply: Reply<{ id: string }>) => void) => void;
  "cancel-release": (request: CancelRequest, ack: (reply: Reply<{ id: string }>) => void) => void;
  "prepare-backend": (request: PrepareRequest, ack: (reply: Reply<{ id: string }>) => void) => void;
  /** The alerts of now and of before, and what is muted. */
  "past-alerts": (ack: (reply: Reply<AlertList>) => void) => void;
  "acknowledge-alert": (request: AcknowledgeRequest, ack: (reply: Reply<{ id: string }>) => void) => void;
  "mute-rule": (request: MuteRequest, ack: (reply: Reply<Mute>) => void) => void;
  sessions: (command: SessionCommand, ack: (reply: Reply<Session[]>) => void) => void;
  replay: (demand: ReplayDemand, ack: (reply: Reply<ReplayState>) => void) => void;
  "past-releases": (ack: (reply: Reply<ReleaseRecord[]>) => void) => void;
  history: (request: HistoryRequest, ack: (reply: Reply<HistoryAnswer>) => void) => void;
}
