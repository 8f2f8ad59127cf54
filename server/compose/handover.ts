import type { Options } from "../config/options.ts";
import { createHandoverDesk, type HandoverDesk } from "../handover/desk.ts";
import { createLoadRecorder } from "../handover/load-record.ts";
import { handoverSettings, holdTimes } from "../handover/settings.ts";
import type { Time } from "../lib/clock.ts";
import type { Disposer } from "../lib/disposer.ts";
import type { Audit } from "../release/audit.ts";
import type { BackendWatch } from "../release/backend-watch.ts";
import type { Backend } from "../release/backends/backend.ts";
import type { ReleaseController } from "../release/controller.ts";
import type { Sampler } from "../sampling/sampler.ts";

/** Who leaves the card for whom, wired to capacity's steps and to releases. */
export function composeHandover(
  options: Options,
  parts: {
    disposer: Disposer;
    sampler: Pick<Sampler, "latest" | "refreshProcesses">;
    watch: BackendWatch;
    backends: readonly Backend[];
    releases: ReleaseController;
    audit: Pick<Audit, "append">;
    time: Time;
    timeScale: number;
  },
): HandoverDesk {
  const { sampler, watch, backends, releases, audit, time, timeScale } = parts;
  const desk = createHandoverDesk({
    ...{ backends, watch, releases, latest: sampler.latest, wallOf: time.wallOf },
    nowMs: () => Math.round(time.nowMs()),
    settings: handoverSettings(options, timeScale),
    holdTimes: holdTimes(timeScale),
    recordLoad: createLoadRecorder({
      gpus: () => sampler.latest().gpus,
      refreshProcesses: sampler.refreshProcesses,
      keep: audit.append,
    }),
  });
  parts.disposer.add(desk.close);
  return desk;
}
