import { randomUUID } from "node:crypto";
import type { Gpu } from "../../../shared/gpu/gpu.ts";
import type { Sample } from "../../../shared/gpu/sample.ts";
import type { Job } from "../../../shared/jobs/job.ts";
import { problem } from "../../../shared/problems/make-problem.ts";
import { type Reply, refuse, succeed } from "../../../shared/protocol/reply.ts";
import type { Session, SessionStart } from "../../../shared/sessions/session.ts";
import { addSample, figuresOf, newTally } from "../../../shared/sessions/tally.ts";
import type { KeptSession, SessionStore } from "./session-store.ts";

/** Marked stretches of time: by hand, and one for every declared job. */
export interface Sessions {
  /** Newest first. */
  list(): Session[];
  start(wish: SessionStart): Reply<Session>;
  stop(id: string): Reply<Session>;
  remove(id: string): Reply<Session>;
  /** Sums up a sample; begins a session for each running job that has none. */
  sample(sample: Sample, running: readonly Job[]): void;
  jobEnded(job: Pick<Job, "id" | "endedAt">): void;
  /** Keeps what was summed up since the last time. */
  save(): void;
  /** The database is another one than before: it gets every session, and those that another panel has left are taken over. */
  takeOver(): void;
}

/** Of each kind; the oldest ended ones are forgotten. */
const KEPT = { hand: 200, job: 200 };
/** Sessions by hand at the same time. */
const MOST_RUNNING = 20;

/**
 * @param longestMs a sample stands for the time since the one before, but not for longer than this
 * @param nowMs epoch milliseconds
 */
export function createSessions(store: SessionStore, longestMs: () => number, nowMs: () => number): Sessions {
  let sessions = store.load();
  let changed = new Set<string>();
  let lastMs: number | null = null;
  let gpus: readonly Gpu[] = [];
  /** Jobs that still run and whose sessions were removed. */
  const forgottenJobs = new Set<string>();

  function put(next: KeptSession) {
    sessions = withSession(sessions, next);
    changed.add(next.id);
  }

  function begin(head: Pick<KeptSession, "label" | "kind" | "job" | "uuids" | "startedAt">): KeptSession {
    const begun: KeptSession = { id: randomUUID(), endedAt: null, tallies: [], ...head };
    put(begun);
    forget(head.kind);
    return begun;
  }

  function forget(kind: KeptSession["kind"]) {
    const old = tooOld(sessions, kind);
    if (old.size === 0) return;
    sessions = sessions.filter(({ id }) => !old.has(id));
    store.remove([...old]);
  }

  function end(session: KeptSession, atMs: number) {
    const ended = { ...session, endedAt: Math.max(session.startedAt, Math.round(atMs)) };
    put(ended);
    save();
    return ended;
  }

  function save() {
    store.save(sessions.filter(({ id }) => changed.has(id)));
    changed = new Set();
  }

  const find = (id: string) => sessions.find((session) => session.id === id);
  const unknown = () => refuse(problem("unknown-session"));

  return {
    list: () => sessions.map(shown).reverse(),
    start({ label, gpus: wanted }) {
      if (runningByHand(sessions) >= MOST_RUNNING)
        return refuse(problem("too-many-sessions", { count: MOST_RUNNING }));
      const uuids = uuidsOf(gpus, wanted);
      if (uuids === undefined)
        return refuse(problem("bad-request", { detail: "gpus: there is no such GPU" }));
      const begun = begin({ label, kind: "hand", job: null, uuids, startedAt: Math.round(nowMs()) });
      save();
      return succeed(shown(begun));
    },
    stop(id) {
      const session = find(id);
      if (session === undefined) return unknown();
      return succeed(shown(session.endedAt === null ? end(session, nowMs()) : session));
    },
    remove(id) {
      const session = find(id);
      if (session === undefined) return unknown();
      // One of a job that runs would be begun anew with the next sample.
      if (session.job !== null && session.endedAt === null) forgottenJobs.add(session.job);
      sessions = sessions.filter((one) => one !== session);
      store.remove([id]);
      return succeed(shown(session));
    },
    sample({ tMs, gpus: sampled }, running) {
      gpus = sampled;
      const seconds = lastMs === null ? 0 : Math.max(0, Math.min(longestMs(), tMs - lastMs)) / 1000;
      lastMs = tMs;
      for (const session of sessions) if (session.endedAt === null) put(sumUp(session, gpus, seconds));
      // Of jobs whose end was missed, because the sidecar was away.
      const isOver = ({ job }: KeptSession) => job !== null && !running.some(({ id }) => id === job);
      for (const session of sessions) if (session.endedAt === null && isOver(session)) end(session, nowMs());
      for (const id of forgottenJobs) if (!running.some((job) => job.id === id)) forgottenJobs.delete(id);
      for (const job of running) {
        if (forgottenJobs.has(job.id) || sessions.some((one) => one.job === job.id)) continue;
        const head = headOf(job, gpus);
        if (head !== null) begin(head);
      }
    },
    jobEnded({ id, endedAt }) {
      const session = sessions.find(({ job }) => job === id);
      if (session?.endedAt === null) end(session, endedAt ?? nowMs());
    },
    save,
    takeOver() {
      const left = store.load().filter(({ id }) => find(id) === undefined);
      store.save(sessions);
      sessions = [...sessions, ...left].sort((a, b) => a.startedAt - b.startedAt);
    },
  };
}

function tooOld(sessions: readonly KeptSession[], kind: KeptSession["kind"]): ReadonlySet<string> {
  const ended = sessions.filter((one) => one.kind === kind && one.endedAt !== null);
  return new Set(ended.slice(0, Math.max(0, ended.length - KEPT[kind])).map(({ id }) => id));
}

/** The session of a job; `null` while it has not started, or its GPUs are not known yet. */
function headOf({ id, label, gpus: on, startedAt }: Job, gpus: readonly Gpu[]) {
  const uuids = gpus.filter(({ index }) => on.includes(index)).map(({ uuid }) => uuid);
  if (startedAt === null || (uuids.length === 0 && on.length > 0)) return null;
  return { label, kind: "job" as const, job: id, uuids, startedAt };
}

function runningByHand(sessions: readonly KeptSession[]): number {
  return sessions.filter(({ kind, endedAt }) => kind === "hand" && endedAt === null).length;
}

function withSession(sessions: readonly KeptSession[], next: KeptSession): KeptSession[] {
  const isKnown = sessions.some(({ id }) => id === next.id);
  return isKnown ? sessions.map((one) => (one.id === next.id ? next : one)) : [...sessions, next];
}

function sumUp(session: KeptSession, gpus: readonly Gpu[], seconds: number): KeptSession {
  const tallies = [...session.tallies];
  for (const gpu of gpus) {
    if (session.uuids !== null && !session.uuids.includes(gpu.uuid)) continue;
    const place = tallies.findIndex(({ uuid }) => uuid === gpu.uuid);
    const before = tallies[place] ?? newTally(gpu);
    tallies[place < 0 ? tallies.length : place] = addSample(before, gpu, seconds);
  }
  return { ...session, tallies };
}

/** UUIDs of the GPUs of these indexes: `null` of all, `undefined` where one is not there. */
function uuidsOf(gpus: readonly Gpu[], indexes: readonly number[] | undefined): string[] | null | undefined {
  const chosen = indexes?.map((index) => gpus.find((gpu) => gpu.index === index)?.uuid);
  return chosen?.includes(undefined) ? undefined : (chosen?.flatMap((uuid) => uuid ?? []) ?? null);
}

function shown({ id, label, kind, startedAt, endedAt, tallies }: KeptSession): Session {
  const gpus = tallies.map(figuresOf).sort((a, b) => a.gpu - b.gpu);
  return { id, label, kind, startedAt, endedAt, gpus };
}
