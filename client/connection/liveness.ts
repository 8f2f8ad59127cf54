import type { Problem } from "../../shared/problems/problem.ts";
import type { WireSample } from "../../shared/protocol/sample-codec.ts";
import type { SourceState } from "../../shared/protocol/state.ts";
import type { ConnectionStatus } from "./source.ts";

/** A machine that slept is no slow one. */
const MOST_GAP_MS = 5000;

/** Whether the figures are of now, by how regularly samples come. */
export interface Liveness {
  status(): ConnectionStatus;
  set(next: ConnectionStatus, why?: Problem | null): void;
  /** Live until nothing has come for 3 intervals and 2 s although the sidecar says that it samples. */
  alive(): void;
  /** A turn has come. @param source where it tells of the source */
  turn(sample: WireSample | null, source: SourceState | undefined): void;
}

/** @param isVisible whether samples can come; `null`: there is no connection */
export function createLiveness(
  isVisible: () => boolean | null,
  publish: (status: ConnectionStatus, why: Problem | null) => void,
): Liveness {
  let status: ConnectionStatus = "connecting";
  let refusal: Problem | null = null;
  let intervalMs = 1000;
  /** How far the last two samples stand apart: at a new rate the first one may take as long as at the old one. */
  let lastGapMs = 0;
  let lastSampleMs = Number.NaN;
  let expected = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function set(next: ConnectionStatus, why: Problem | null = null) {
    // Whatever comes of the connection, samples of the one before are not waited for.
    clearTimeout(timer);
    if (next === status && why?.code === refusal?.code) return;
    status = next;
    refusal = why;
    publish(status, why);
  }

  function alive() {
    const visible = isVisible();
    if (visible === null) return;
    set("live");
    if (!visible || !expected) return;
    timer = setTimeout(() => set("stale"), 3 * Math.max(intervalMs, lastGapMs) + 2000);
  }

  return {
    status: () => status,
    set,
    alive,
    turn(sample, source) {
      const tMs = sample?.[1];
      if (tMs != null) {
        lastGapMs = Math.min(tMs - lastSampleMs || lastGapMs, MOST_GAP_MS);
        lastSampleMs = tMs;
      }
      if (source !== undefined) {
        if (source.intervalMs < intervalMs) lastGapMs = intervalMs;
        // A recording has pauses of its own.
        expected = source.status === "live" && source.replay === undefined;
        ({ intervalMs } = source);
      }
      if (source !== undefined || sample !== null) alive();
    },
  };
}
