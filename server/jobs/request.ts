import type { Job } from "../../shared/jobs/job.ts";
import { problem } from "../../shared/problems/make-problem.ts";
import type { JobBody } from "../../shared/protocol/job-requests.ts";
import { type Reply, refuse, succeed } from "../../shared/protocol/reply.ts";
import { demandsOf } from "../capacity/admission/admit.ts";
import { declare } from "../capacity/capacity.ts";
import { figureOf } from "../capacity/learning/figure.ts";
import type { LiveCapacity } from "../capacity/live/live.ts";
import type { JobAsk } from "../capacity/model.ts";
import { roomOf } from "../capacity/room/room.ts";
import type { Meant } from "../profiles/resolve.ts";
import { inLineSince } from "./in-line.ts";
import type { JobBook } from "./job-book.ts";
import { isUnfinished } from "./job-record.ts";
import type { JobsContext } from "./jobs-context.ts";
import { neverProblem } from "./reasons.ts";
import { askOf, descriptionOf, placeOf, recordOf } from "./records.ts";

/** What a request works with. */
export interface Desk
  extends Pick<JobsContext, "live" | "pids" | "resolve" | "noteClass" | "obstacle" | "ownerOf"> {
  book: JobBook;
  /** Takes over who has started by now, and what the others wait for. */
  follow(): void;
  /** It gives up. */
  withdraw(id: string): void;
}

/** Jobs that may run or wait at the same time. */
const MOST_UNFINISHED = 1000;

/** A job asks to start: it runs, waits, or is told why not. */
export async function requestJob(desk: Desk, body: JobBody, requestedBy: string): Promise<Reply<Job>> {
  const { book, live } = desk;
  const against = await desk.obstacle();
  const known =
    body.requestId === undefined ? undefined : book.records().find((one) => one.requestId === body.requestId);
  if (known !== undefined) {
    if (known.job.state === "waiting") await live.decide();
    return succeed(book.find(known.job.id) ?? known.job);
  }
  if (against !== null) return refuse(against);
  const meant = meantBy(desk, body);
  if (!meant.ok) return meant;
  const here = withOwnProcess(desk, body);
  const sinceMs = inLineSince(here, book.records(), live.nowMs(), requestedBy);
  const ask = askOf(here, meant.data, requestedBy, sinceMs, desk.ownerOf);
  const refusal = declareTo(live, body, ask);
  if (refusal !== null) return refusal;
  desk.noteClass(meant.data);
  const place = Math.max(0, ...book.records().map((record) => record.place)) + 1;
  const arrival = { nowMs: live.nowMs(), place, from: requestedBy };
  book.take([...book.records(), recordOf(here, ask, meant.data, arrival)]);
  if (body.started) {
    live.recompute();
    noteOverCommitment(desk, ask.id);
  } else await live.decide();
  desk.follow();
  const job = book.find(ask.id);
  if (job === null) return refuse(problem("not-found", { path: ask.id }));
  if (body.wait || job.state !== "waiting") return succeed(job);
  desk.withdraw(ask.id);
  const { reason = problem("not-sampling"), startsAt } = job;
  const retryAfterS = startsAt === null ? null : Math.max(1, Math.ceil((startsAt - live.nowMs()) / 1000));
  return refuse(retryAfterS === null ? reason : { ...reason, params: { ...reason.params, retryAfterS } });
}

/** What the body says of its process, where that is one of those that are seen here. */
function withOwnProcess({ pids }: Desk, body: JobBody): JobBody {
  const { pid, pidStart, ...rest } = body;
  if (pid === undefined || pidStart === undefined || pids.isHere(pid, pidStart)) return body;
  return rest;
}

/** Which class is meant, or why such a job cannot be taken. */
function meantBy({ book, resolve }: Desk, body: JobBody): Reply<Meant> {
  const meant = resolve(descriptionOf(body));
  if (meant === null) {
    const isNamed = body.profile !== undefined || body.model !== undefined;
    const detail = "profile, model, signature or peakMiB is needed";
    return refuse(isNamed ? problem("unknown-profile") : problem("bad-request", { detail }));
  }
  if (book.records().filter(isUnfinished).length >= MOST_UNFINISHED)
    return refuse(problem("too-many-waiting", { count: MOST_UNFINISHED }));
  return succeed(meant);
}

/** Puts it into the state; `null`, or why it can never run. */
function declareTo(live: LiveCapacity, body: JobBody, ask: JobAsk): Reply<never> | null {
  const runsOn = body.started ? placeOf(ask, live.state()) : null;
  let refusal: Reply<never> | null = null;
  live.change((state, nowMs, policy) => {
    const declared = declare(state, ask, { runsOn, ttlMs: body.ttlSeconds * 1000 }, nowMs, policy);
    if (declared.kind === "never")
      refusal = refuse(neverProblem(ask, figureOf(ask.jobClass, state, policy).mib, state.gpus));
    return declared.state;
  });
  return refusal;
}

/** A job that runs already may need more than there is: that is told, and nothing else. */
function noteOverCommitment({ book, live }: Desk, id: string) {
  const running = live.state().running.find((job) => job.id === id);
  const rooms = demandsOf(live.state(), live.policy)
    .filter(({ index }) => running?.gpus.includes(index))
    .map((demand) => roomOf(demand, false).roomMiB);
  const overCommittedMiB = Math.ceil(-Math.min(0, ...rooms));
  if (overCommittedMiB === 0) return;
  book.take(
    book
      .records()
      .map((one) => (one.job.id === id ? { ...one, job: { ...one.job, overCommittedMiB } } : one)),
  );
}
