import { join } from "node:path";
import type { HandoverValues } from "../../shared/handover/handover-settings.ts";
import type { Options } from "../config/options.ts";
import type { FolderHold } from "../data/folder-hold.ts";
import { createHandoverDesk, type HandoverDesk } from "../handover/desk.ts";
import { createLoadRecorder } from "../handover/load-record.ts";
import { handoverSettings, holdTimes } from "../handover/settings.ts";
import {
  createOwnSettings,
  createSettingsDesk,
  type HandoverSettingsDesk,
} from "../handover/settings-desk.ts";
import type { Time } from "../lib/clock.ts";
import type { Disposer } from "../lib/disposer.ts";
import type { Audit } from "../release/audit.ts";
import type { BackendWatch } from "../release/backend-watch.ts";
import type { Backend } from "../release/backends/backend.ts";
import type { ReleaseController } from "../release/controller.ts";
import type { Sampler } from "../sampling/sampler.ts";

/** The hand-over, and what is set of it. */
export interface HandoverArea extends HandoverDesk {
  settings: HandoverSettingsDesk;
}

/** Who leaves the card for whom, wired to capacity's steps and to releases. */
export function composeHandover(
  options: Options,
  parts: {
    disposer: Disposer;
    sampler: Pick<Sampler, "latest" | "refreshProcessesAnew">;
    watch: BackendWatch;
    backends: readonly Backend[];
    releases: ReleaseController;
    audit: Pick<Audit, "append">;
    time: Time;
    timeScale: number;
    folder: string;
    hold: FolderHold;
    isDemo: boolean;
    complain(message: string): void;
  },
): HandoverArea {
  const { sampler, watch, backends, releases, audit, time, timeScale } = parts;
  // What is set on the demo machine must not hold on the real one.
  const file = join(parts.folder, ...(parts.isDemo ? ["demo"] : []), "handover.json");
  const scaled = (values: HandoverValues) =>
    handoverSettings({ ...values, releaseOnRequest: options.releaseOnRequest }, timeScale);
  const settings = createSettingsDesk({
    ...{ options, backends },
    store: createOwnSettings(file, parts.hold, parts.complain),
    use: (values) => desk.use(scaled(values)),
  });
  const desk = createHandoverDesk({
    ...{ backends, watch, releases, latest: sampler.latest, wallOf: time.wallOf },
    nowMs: () => Math.round(time.nowMs()),
    settings: scaled(settings.now()),
    holdTimes: holdTimes(timeScale),
    recordLoad: createLoadRecorder({
      gpus: () => sampler.latest().gpus,
      refreshProcesses: sampler.refreshProcessesAnew,
      keep: audit.append,
    }),
  });
  parts.disposer.add(desk.close);
  return { ...desk, settings };
}
