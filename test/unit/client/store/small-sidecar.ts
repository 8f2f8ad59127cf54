import type { PanelEvent } from "../../../../client/connection/source.ts";
import { createHistory } from "../../../../server/history/history.ts";
import { createDemoGpus, toDemoRow } from "../../../../server/sampling/demo/machine.ts";
import { applyTick } from "../../../../server/sampling/gpu-list.ts";
import type { Gpu } from "../../../../shared/gpu/gpu.ts";
import { encodeHistory } from "../../../../shared/history/codec.ts";
import { HISTORY_WINDOW_MS } from "../../../../shared/history/row.ts";
import type { Hello } from "../../../../shared/protocol/messages.ts";
import { encodeSample } from "../../../../shared/protocol/sample-codec.ts";
import { PROTOCOL_VERSION } from "../../../../shared/protocol/version.ts";
import { IDLE_RELEASE } from "../../../../shared/release/release.ts";

const [demo] = createDemoGpus(1);
if (demo === undefined) throw new Error("no demo GPU");
/** GPUs whose figures tell of which sample they are. */
export const gpusAt = (seq: number, uuids: readonly string[]): Gpu[] =>
  applyTick(
    [],
    uuids.map((uuid, i) => ({ ...toDemoRow(demo, i, 0), uuid })),
  ).map(({ gpu }) => ({ ...gpu, memoryUsedMiB: 1000 + seq, utilizationGpuPct: seq % 100 }));

/** A sidecar in small: the real history, and the messages that it would send. */
export function sidecar(everyMs: number) {
  const history = createHistory();
  let seq = 0;
  let gpus: Gpu[] = [];
  let uuids = ["GPU-a"];
  const encoded = (since: number) => encodeHistory(history.since(since, HISTORY_WINDOW_MS), gpus.length);
  return {
    setGpus(next: string[]) {
      uuids = next;
    },
    sample(): PanelEvent {
      seq++;
      gpus = gpusAt(seq, uuids);
      history.append({ seq, tMs: seq * everyMs, gpus });
      return { type: "turn", sample: encodeSample(seq, seq * everyMs, gpus), parts: {} };
    },
    hello(lastSeq: number, bootId = "boot-a"): PanelEvent {
      return { type: "hello", hello: helloOf(bootId, seq, gpus, encoded(lastSeq)) };
    },
    resumed: (sinceSeq: number): PanelEvent => ({
      type: "resumed",
      sinceSeq,
      resumed: { seq, gpus, history: encoded(sinceSeq) },
    }),
    rows: () => history.since(0, HISTORY_WINDOW_MS),
  };
}
function helloOf(bootId: string, seq: number, gpus: Gpu[], history: Hello["history"]): Hello {
  return {
    protocol: PROTOCOL_VERSION,
    bootId,
    version: "1",
    epochMs: 0,
    nowMs: 77,
    seq,
    capabilities: { release: { allowed: true, problem: null } },
    state: {
      source: {
        kind: "nvidia-smi",
        status: "live",
        demoReason: null,
        problem: null,
        intervalMs: 1000,
        driverVersion: null,
      },
      gpus,
      host: {
        name: "h",
        cpuCount: 1,
        load1: null,
        memoryTotalMiB: null,
        memoryAvailableMiB: null,
        memoryLimitMiB: null,
        cpuLimit: null,
      },
      capacity: { profile: "p", perGpu: [], recommendedMax: null, canStart: null },
      backends: [],
      found: [],
      release: IDLE_RELEASE,
      alerts: [],
      jobs: [],
      promises: [],
      fits: {},
      runs: [],
    },
    profiles: [],
    history,
  };
}
