import { randomUUID } from "node:crypto";
import { type Job, jobSchema } from "../../../shared/jobs/job.ts";
import type { Problem } from "../../../shared/problems/problem.ts";
import { steadyMs } from "../../lib/clock.ts";
import { rest } from "../../lib/rest.ts";
import type { PanelClient, Told } from "../panel-client.ts";

/** What became of asking for room. */
export type Admission =
  | { kind: "admitted"; job: Job }
  | { kind: "refused"; problem: Problem; status: number }
  /** No panel, or none that can be understood, for longer than it is waited for. */
  | { kind: "away"; why: string }
  /** No room within the time that it may wait. */
  | { kind: "late" }
  | { kind: "given-up" };

export interface AdmissionOptions {
  /** What is asked for, less `requestId`. */
  body: object;
  /** Aborted when it shall wait no longer. */
  signal: AbortSignal;
  /** The longest wait, ms; `null`: without end. */
  mostMs: number | null;
  /** Told when place or reason have changed. */
  onWait(job: Job): void;
  /** Told once each time the panel goes away, and when it is there again. */
  onAway(why: string | null): void;
}

/** One answer is held back for so long; between two a heartbeat is sent. */
const SLICE_S = 15;
/** An answer to a new job takes up to two seconds, longer where many ask at once. */
const ASK_PATIENCE_MS = 20_000;
/** A panel that is being restarted or updated is back by then. */
const AWAY_MS = 120_000;
const RETRY_MS = 500;

/** Asks for room until there is some. A panel that is restarted meanwhile keeps the place; one that has forgotten it is asked anew. */
export async function askForRoom(panel: PanelClient, options: AdmissionOptions): Promise<Admission> {
  const { body, signal, mostMs, onWait } = options;
  const begunMs = steadyMs();
  const away = createAwayWatch(options.onAway);
  let requestId = randomUUID();
  let id: string | null = null;
  let isPosted = false;
  let told = "";
  while (!signal.aborted) {
    const asked = { ...body, requestId };
    const answer: Told<Job> = await (id === null
      ? panel.call("api/v1/jobs", jobSchema, {
          ...{ method: "POST", body: asked, patienceMs: ASK_PATIENCE_MS, signal },
        })
      : stillThere(panel, id, signal));
    if (signal.aborted) break;
    const fault = faultOf(answer, isPosted);
    if (fault === "again") {
      const why = answer.kind === "away" || answer.kind === "strange" ? answer.why : "";
      if (away.isTooLong(why)) return { kind: "away", why };
      await rest(retryMs(answer), signal);
      continue;
    }
    away.isBack();
    if (fault === "forgotten") [id, requestId] = [null, randomUUID()];
    else if (answer.kind === "refused")
      return { kind: "refused", problem: answer.problem, status: answer.status };
    else if (answer.kind !== "told") return { kind: "away", why: answer.why };
    else if (answer.data.state === "running") return { kind: "admitted", job: answer.data };
    else if (answer.data.state === "waiting") {
      isPosted = true;
      ({ id } = answer.data);
      const now = `${answer.data.position} ${answer.data.reason?.code}`;
      if (now !== told) onWait(answer.data);
      told = now;
    } else [id, requestId] = [null, randomUUID()];
    if (mostMs !== null && steadyMs() - begunMs >= mostMs) {
      if (id !== null) await withdraw(panel, id);
      return { kind: "late" };
    }
  }
  if (id !== null) await withdraw(panel, id);
  return { kind: "given-up" };
}

/** A heartbeat, then the job as it is when it has started or some seconds have passed. */
async function stillThere(panel: PanelClient, id: string, signal: AbortSignal): Promise<Told<Job>> {
  const beat = await panel.call(`api/v1/jobs/${id}`, jobSchema, { method: "PATCH", signal });
  if (beat.kind !== "told" || beat.data.state !== "waiting") return beat;
  return panel.call(`api/v1/jobs/${id}?wait=${SLICE_S}`, jobSchema, {
    ...{ patienceMs: SLICE_S * 1000 + ASK_PATIENCE_MS, signal },
  });
}

/** @param isPosted it was there before */
function faultOf(answer: Told<Job>, isPosted: boolean): "again" | "forgotten" | null {
  if (answer.kind === "away") return "again";
  if (answer.kind === "strange") return isPosted ? "again" : null;
  if (answer.kind !== "refused") return null;
  const { code } = answer.problem;
  if (code === "too-many-requests") return "again";
  return code === "not-found" || code === "job-ended" ? "forgotten" : null;
}

function retryMs(answer: Told<Job>): number {
  const seconds = answer.kind === "refused" ? answer.retryAfterS : null;
  return seconds === null ? RETRY_MS : Math.min(seconds, 30) * 1000;
}

function createAwayWatch(onAway: AdmissionOptions["onAway"]) {
  let sinceMs: number | null = null;
  return {
    isTooLong(why: string): boolean {
      if (why === "") return false;
      if (sinceMs === null) onAway(why);
      sinceMs ??= steadyMs();
      return steadyMs() - sinceMs >= AWAY_MS;
    },
    isBack() {
      if (sinceMs !== null) onAway(null);
      sinceMs = null;
    },
  };
}

/** Best effort: the panel sees the end of the process as well. */
async function withdraw(panel: PanelClient, id: string): Promise<void> {
  await panel.call(`api/v1/jobs/${id}`, jobSchema, {
    ...{ method: "DELETE", body: { outcome: "failed" }, patienceMs: 3000 },
  });
}
