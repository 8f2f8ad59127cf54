import { encodeHistory } from "../../shared/history/codec.ts";
import { problem } from "../../shared/problems/make-problem.ts";
import type { Hello } from "../../shared/protocol/messages.ts";
import type { State } from "../../shared/protocol/state.ts";
import { PROTOCOL_VERSION } from "../../shared/protocol/version.ts";
import type { MakeHello } from "../gateway/gateway.ts";
import type { Time } from "../lib/clock.ts";
import type { BackendWatch } from "../release/backend-watch.ts";
import type { ReleaseController } from "../release/controller.ts";
import type { HostReading } from "../sampling/host.ts";
import type { ReplaySource } from "../sampling/replay/replay-source.ts";
import type { Sampler } from "../sampling/sampler.ts";
import type { CapacityArea } from "./capacity.ts";
import type { FoundArea } from "./found.ts";
import type { HandoverArea } from "./handover.ts";
import type { HealthArea } from "./health.ts";
import type { HistoryParts } from "./history.ts";

/** What the present state is put together from. */
export interface HelloParts {
  sampler: Sampler;
  version: string;
  time: Time;
  readHost(): HostReading;
  history: HistoryParts;
  capacity: CapacityArea;
  watch: BackendWatch;
  releases: ReleaseController;
  handover: HandoverArea;
  health: HealthArea;
  /** `null`: no recording is played. */
  replay: ReplaySource | null;
  found: Pick<FoundArea, "list">;
  /** Those of now. */
  backends: readonly unknown[];
}

export interface HelloMaker {
  currentState(): State;
  /** The recent past after a sample, as it travels. */
  past(sinceSeq: number, windowMs: number): Hello["history"];
  makeHello: MakeHello;
}

/** What whoever comes is told. */
export function composeHello(parts: HelloParts, bootId: () => string): HelloMaker {
  const { sampler, version, readHost, history, capacity, watch, releases, health } = parts;
  const currentState = (): State => ({
    source: sampler.source(),
    gpus: [...sampler.latest().gpus],
    host: readHost().state,
    ...capacity.state(),
    backends: watch.states(),
    found: parts.found.list(),
    release: releases.state(),
    handover: parts.handover.shown(),
    alerts: health.list(),
    history: { problem: history.problem() },
  });
  const past = (sinceSeq: number, windowMs: number) =>
    encodeHistory(history.recent.since(sinceSeq, windowMs), sampler.latest().gpus.length);
  return {
    currentState,
    past,
    makeHello({ actProblem, ownBackend: own, bootId: knownBoot, lastSeq, historyMs }) {
      const missing = actProblem ?? (parts.backends.length > 0 ? null : problem("no-backend"));
      const blocked = parts.replay !== null ? problem("replaying") : missing;
      return {
        protocol: PROTOCOL_VERSION,
        bootId: bootId(),
        version,
        epochMs: parts.time.epochMs(),
        nowMs: Math.round(sampler.nowMs()),
        seq: sampler.latest().seq,
        capabilities: {
          release: { allowed: blocked === null, problem: blocked, ...(own === undefined ? {} : { own }) },
        },
        state: currentState(),
        profiles: [...capacity.profiles()],
        history: past(knownBoot === bootId() ? lastSeq : 0, historyMs),
      };
    },
  };
}
