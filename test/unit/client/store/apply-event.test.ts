import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PanelEvent } from "../../../../client/connection/source.ts";
import { applyEvent } from "../../../../client/store/apply-event.ts";
import { INITIAL_STATE, type PanelState } from "../../../../client/store/panel-state.ts";
import { createPanelStore } from "../../../../client/store/panel-store.ts";
import { createHistory } from "../../../../server/history/history.ts";
import { createDemoGpus, toDemoRow } from "../../../../server/sampling/demo/machine.ts";
import { applyTick } from "../../../../server/sampling/gpu-list.ts";
import type { Gpu } from "../../../../shared/gpu/gpu.ts";
import { encodeHistory } from "../../../../shared/history/codec.ts";
import { HISTORY_WINDOW_MS } from "../../../../shared/history/row.ts";
import type { Hello } from "../../../../shared/protocol/messages.ts";
import { encodeSample } from "../../../../shared/protocol/sample-codec.ts";
import { IDLE_RELEASE } from "../../../../shared/release/release.ts";

const [demo] = createDemoGpus(1);
if (demo === undefined) throw new Error("no demo GPU");
/** GPUs whose figures tell of which sample they are. */
const gpusAt = (seq: number, uuids: readonly string[]): Gpu[] =>
  applyTick(
    [],
    uuids.map((uuid, i) => ({ ...toDemoRow(demo, i, 0), uuid })),
  ).map(({ gpu }) => ({ ...gpu, memoryUsedMiB: 1000 + seq, utilizationGpuPct: seq % 100 }));

/** A sidecar in small: the real history, and the messages that it would send. */
function sidecar(everyMs: number) {
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
      return { type: "sample", sample: encodeSample(seq, seq * everyMs, gpus) };
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
    protocol: 1,
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
      },
      capacity: { profile: "p", perGpu: [], recommendedMax: null, canStart: null },
      backends: [],
      release: IDLE_RELEASE,
    },
    profiles: [],
    history,
  };
}
const lastSeqOf = ({ known }: PanelState) => known?.rows.at(-1)?.seq ?? 0;
const rounded = (rows: NonNullable<PanelState["known"]>["rows"] | undefined) =>
  rows?.map((row) => ({
    ...row,
    values: row.values.map((value) => (value === null ? null : Math.round(value))),
  }));

describe("a panel that loses samples", () => {
  /** What happens to the panel while samples are taken. */
  const course = fc.array(fc.constantFrom("sees", "sees", "sees", "misses", "reconnects", "resumes"), {
    maxLength: 60,
  });

  test("WIRE-1 WIRE-3 HIS-1 whatever it missed, a hello or a resume makes its history that of the sidecar", () => {
    fc.assert(
      fc.property(course, fc.constantFrom("reconnects", "resumes"), (events, end) => {
        const server = sidecar(1000);
        server.sample();
        let panel = applyEvent(INITIAL_STATE, server.hello(0));
        let heard = 1;
        for (const event of [...events, end]) {
          const sample = server.sample();
          if (event === "sees") panel = applyEvent(panel, sample);
          if (event === "reconnects") panel = applyEvent(panel, server.hello(lastSeqOf(panel)));
          if (event === "resumes") panel = applyEvent(panel, server.resumed(heard));
          // The panel knows up to where it has heard everything: a sample behind a hole does not count.
          if (event !== "misses" && (event !== "sees" || lastSeqOf(panel) === heard + 1))
            heard = lastSeqOf(panel);
          if (event === "reconnects") heard = lastSeqOf(panel);
        }
        const seqs = panel.known?.rows.map(({ seq }) => seq) ?? [];
        expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
        expect(seqs.at(-1)).toBe(server.rows().at(-1)?.seq);
        if (end === "resumes" && !events.includes("reconnects")) {
          expect(panel.known?.rows).toEqual(server.rows());
        }
      }),
    );
  });

  test("WIRE-1 HIS-1 at a rate above one a second too, a reconnect changes no mean", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 25 }), fc.integer({ min: 1, max: 25 }), (seen, missed) => {
        const server = sidecar(200);
        server.sample();
        let panel = applyEvent(INITIAL_STATE, server.hello(0));
        for (let i = 0; i < seen; i++) panel = applyEvent(panel, server.sample());
        for (let i = 0; i < missed; i++) server.sample();
        panel = applyEvent(panel, server.hello(lastSeqOf(panel)));
        expect(rounded(panel.known?.rows)).toEqual(rounded(server.rows()));
      }),
    );
  });
});

describe("what is forgotten", () => {
  const started = () => {
    const server = sidecar(1000);
    server.sample();
    server.sample();
    return { server, panel: applyEvent(INITIAL_STATE, server.hello(0)) };
  };

  test("WIRE-1 another run of the sidecar, fewer, more, other or reordered GPUs: nothing of before is kept", () => {
    const { server, panel } = started();
    const other = applyEvent(panel, sidecar(1000).hello(0, "boot-b"));
    expect(other.known).toMatchObject({ bootId: "boot-b", rows: [], tMs: 77, gpus: [] });
    for (const uuids of [["GPU-b"], ["GPU-a", "GPU-b"], ["GPU-b", "GPU-a"]]) {
      server.setGpus(uuids);
      server.sample();
      const after = applyEvent(panel, server.hello(0));
      expect(after.known?.rows).toEqual(server.rows());
      expect(after.known?.gpus.map(({ uuid }) => uuid)).toEqual(uuids);
      // A resume that crossed the change of GPUs is not taken: the hello that follows is.
      expect(applyEvent(panel, server.resumed(1))).toBe(panel);
    }
  });

  test("WIRE-1 a sample that is older than what is known turns nothing back", () => {
    const server = sidecar(1000);
    const old = server.sample();
    server.sample();
    const panel = applyEvent(INITIAL_STATE, server.hello(0));
    expect(applyEvent(panel, old)).toEqual(panel);
  });

  test("WIRE-6 no sample, history or details whatever end the panel", () => {
    const { panel } = started();
    const numbers = fc.array(fc.option(fc.integer(), { nil: null }), { maxLength: 20 });
    fc.assert(
      fc.property(
        numbers,
        numbers,
        fc.integer({ min: -2, max: 20 }),
        fc.nat({ max: 5 }),
        (sample, data, columns, at) => {
          let state = applyEvent(panel, { type: "sample", sample });
          state = applyEvent(state, { type: "details", details: [[at, { fanPct: 5 }]] });
          state = applyEvent(state, {
            type: "resumed",
            sinceSeq: 0,
            resumed: { seq: 1, gpus: gpusAt(1, ["GPU-a"]), history: { columns, data } },
          });
          expect(state.known?.gpus).toHaveLength(1);
        },
      ),
    );
  });
});

test("PNL-3 the connection is told apart from the figures: losing it keeps them", () => {
  const server = sidecar(1000);
  server.sample();
  const panel = applyEvent(INITIAL_STATE, server.hello(0));
  const offline = applyEvent(panel, { type: "connection", status: "offline", problem: null });
  expect(offline.connection.status).toBe("offline");
  expect(offline.known).toBe(panel.known);
});

test("PNL-1 the store tells its listeners of every change once, and of nothing else", () => {
  const server = sidecar(1000);
  const listeners = new Set<(event: PanelEvent) => void>();
  const store = createPanelStore({
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    release: () => Promise.reject(new Error("not here")),
    setVisible: () => {},
    close: () => {},
  });
  const send = (event: PanelEvent) => {
    for (const listener of listeners) listener(event);
  };
  const heard: number[] = [];
  const stop = store.subscribe(() => heard.push(lastSeqOf(store.get())));
  send(server.sample());
  send(server.hello(0));
  send(server.sample());
  send({ type: "sample", sample: [1] });
  expect(heard).toEqual([1, 2]);
  stop();
  send(server.sample());
  expect(heard).toEqual([1, 2]);
  expect(lastSeqOf(store.get())).toBe(3);
  store.close();
  expect(listeners.size).toBe(0);
});
