import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PanelEvent } from "../../../../client/connection/source.ts";
import { applyEvent } from "../../../../client/store/apply-event.ts";
import { INITIAL_STATE, type PanelState } from "../../../../client/store/panel-state.ts";
import { createPanelStore } from "../../../../client/store/panel-store.ts";
import { selectFresh } from "../../../../client/store/selectors.ts";
import { UNKNOWN_READING } from "../../../../shared/gpu/gpu.ts";
import { UNKNOWN_PROMISE } from "../../../../shared/protocol/state.ts";
import { detailsOf } from "../../../../shared/protocol/view.ts";
import { gpusAt, sidecar } from "./small-sidecar.ts";

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

  test("WIRE-1b WIRE-3b HIS-1 whatever it missed, a hello or a resume makes its history that of the sidecar", () => {
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

  test("WIRE-1b HIS-1 at a rate above one a second too, a reconnect changes no mean", () => {
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
    const restarted = sidecar(1000);
    expect(applyEvent(panel, restarted.hello(0, "boot-b")).known).toMatchObject({
      rows: [],
      tMs: 77,
      gpus: [],
    });
    restarted.sample();
    const other = applyEvent(panel, restarted.hello(0, "boot-b"));
    expect(other.known?.bootId).toBe("boot-b");
    expect(other.known?.rows).toEqual(restarted.rows());
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
          let state = applyEvent(panel, { type: "turn", sample, parts: {} });
          const details = gpusAt(
            1,
            Array.from({ length: at }, (_, i) => `GPU-${i}`),
          ).map(detailsOf);
          state = applyEvent(state, { type: "turn", sample: null, parts: { details } });
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

describe("what the figures are worth", () => {
  const server = sidecar(1000);
  server.sample();
  const panel = applyEvent(INITIAL_STATE, server.hello(0));
  const source = panel.known?.source;
  if (source === undefined) throw new Error("a hello tells the source");
  const from = (status: typeof source.status): PanelEvent => ({
    type: "turn",
    sample: null,
    parts: { source: { ...source, status } },
  });
  const over = (status: PanelState["connection"]["status"]): PanelEvent => ({
    type: "connection",
    status,
    problem: null,
  });

  test("SMP-12 a source that failed leaves no reading, also when its last sample was skipped; a stale one does", () => {
    const { known } = applyEvent(panel, from("failed"));
    expect(known?.gpus[0]).toMatchObject({
      ...UNKNOWN_READING,
      processes: null,
      memoryTotalMiB: 49_140,
      uuid: "GPU-a",
    });
    expect(applyEvent(panel, from("stale")).known?.gpus).toEqual(panel.known?.gpus);
  });

  test("CAP-6 figures are of now only while connection and source are both live, and the first ones until the connection is there", () => {
    const sources = ["starting", "live", "stale", "failed"] as const;
    const connections = ["connecting", "live", "stale", "offline", "refused"] as const;
    const fresh = sources.flatMap((status) =>
      connections
        .filter((connection) => selectFresh(applyEvent(applyEvent(panel, from(status)), over(connection))))
        .map((connection) => [status, connection]),
    );
    expect(fresh).toEqual([
      ["live", "connecting"],
      ["live", "live"],
    ]);
    expect(selectFresh(applyEvent(INITIAL_STATE, over("live")))).toBe(false);
  });

  test("WIRE-2 a sample changes the readings, details what they name, and neither anything else", () => {
    const sampled = applyEvent(panel, { type: "turn", sample: [2, 2000, 5, 6, 7, 8, null], parts: {} }).known
      ?.gpus[0];
    const readings = {
      memoryUsedMiB: 5,
      memoryFreeMiB: 6,
      utilizationGpuPct: 7,
      temperatureC: 8,
      powerDrawW: null,
    };
    expect(sampled).toEqual({ ...panel.known?.gpus[0], ...readings });
    const patch = { fanPct: 77, mig: null };
    const details = (panel.known?.gpus ?? []).map((gpu) => ({ ...detailsOf(gpu), ...patch }));
    const detailed = applyEvent(panel, { type: "turn", sample: null, parts: { details } }).known?.gpus[0];
    expect(detailed).toEqual({ ...panel.known?.gpus[0], ...patch });
    expect(applyEvent(panel, { type: "turn", sample: [2, 2000, 5], parts: {} })).toBe(panel);
    expect(applyEvent(INITIAL_STATE, { type: "turn", sample: [2, 2000, 5, 6, 7, 8, null], parts: {} })).toBe(
      INITIAL_STATE,
    );
  });

  test("WIRE-6 a resume whose history cannot be read keeps what is known", () => {
    const later = applyEvent(panel, { type: "turn", sample: [5, 5000, 1, 1, 1, 1, 1], parts: {} });
    const gpus = [...(later.known?.gpus ?? [])];
    const broken = { seq: 5, gpus, history: { columns: 7, data: [1] } };
    const after = applyEvent(later, { type: "resumed", sinceSeq: 1, resumed: broken });
    expect(after.known?.rows).toEqual(later.known?.rows);
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
    cancelRelease: () => Promise.reject(new Error("not here")),
    loadBackend: () => Promise.reject(new Error("not here")),
    ask: () => Promise.reject(new Error("not here")),
    wantHistory: () => {},
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
  send({ type: "turn", sample: [1], parts: {} });
  expect(heard).toEqual([1, 2]);
  stop();
  send(server.sample());
  expect(heard).toEqual([1, 2]);
  expect(lastSeqOf(store.get())).toBe(3);
  store.close();
  expect(listeners.size).toBe(0);
});

test("WIRE-1 promises that have changed replace those of before", () => {
  const server = sidecar(1000);
  server.setGpus(["GPU-a", "GPU-b"]);
  server.sample();
  const promises = [UNKNOWN_PROMISE, { ...UNKNOWN_PROMISE, promisedMiB: 7 }];
  const told = applyEvent(applyEvent(INITIAL_STATE, server.hello(0)), {
    type: "turn",
    sample: null,
    parts: { promises },
  });
  expect(told.known?.promises).toEqual(promises);
});
