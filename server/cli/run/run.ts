import { userInfo } from "node:os";
import * as v from "valibot";
import type { Job } from "../../../shared/jobs/job.ts";
import { DEFAULT_TTL_SECONDS } from "../../../shared/protocol/job-requests.ts";
import { type CommandContext, defineCommand, wholeText } from "../define-command.ts";
import { NO_ROOM, NOT_EXECUTABLE, NOT_FOUND, RUN_FAILED } from "../exit-codes.ts";
import { needsToken, problemText } from "../words/words.ts";
import { type Admission, askForRoom } from "./admission.ts";
import { attend } from "./attend.ts";
import { findProgram } from "./find-program.ts";
import { createGate, type Ended, type Gate } from "./gate.ts";
import { lookAtPanel } from "./look.ts";
import { codeOfSignal, listenForSignals, reachedProgram } from "./signals.ts";
import { durationText, sizeText } from "./size.ts";
import { cudaEnvironment } from "./visible-gpus.ts";
import { bodyOf } from "./wish.ts";

const text = (most: number) => v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(most)));
const yes = v.optional(v.boolean(), false);

const schema = v.object({
  peak: v.optional(v.pipe(v.string(), sizeText)),
  gpus: v.optional(wholeText(1, 64)),
  label: text(120),
  profile: text(80),
  "max-wait": v.optional(v.pipe(v.string(), durationText)),
  "no-wait": yes,
  "without-panel": yes,
  quiet: yes,
  rest: v.pipe(
    v.array(v.string()),
    v.minLength(1, "the program stands behind --, as in: run -- python generate.py"),
  ),
});
type Asked = v.InferOutput<typeof schema>;

export const run = defineCommand({
  name: "run",
  takes: "-- PROGRAM [ARGUMENTS]",
  flags: [
    { name: "peak", value: "SIZE" },
    { name: "gpus", value: "N" },
    { name: "label", value: "NAME" },
    { name: "profile", value: "ID" },
    { name: "max-wait", value: "TIME" },
    { name: "no-wait", value: null },
    { name: "without-panel", value: null },
    { name: "quiet", value: null },
  ],
  schema,
  run: (asked, context) => runProgram(asked, context),
});

/** Waits for room, runs the program on the GPUs that were given, and ends as it has ended. */
async function runProgram(asked: Asked, context: CommandContext): Promise<number> {
  const { env, words } = context;
  const command = asked.rest;
  const complain = asked.quiet ? () => {} : context.complain;
  const there = findProgram(command[0] ?? "", env);
  if (there !== "found") {
    context.complain(
      there === "missing" ? words.run.missing(command[0] ?? "") : words.run.notExecutable(command[0] ?? ""),
    );
    return there === "missing" ? NOT_FOUND : NOT_EXECUTABLE;
  }
  const look = await lookAtPanel(context);
  if (look.kind === "wrong") {
    context.complain(look.said);
    return RUN_FAILED;
  }
  if (look.kind === "no-panel" && !asked["without-panel"]) {
    context.complain(`${look.said} ${words.run.orWithout}`);
    return RUN_FAILED;
  }
  const gate = createGate(command, env, /\/nohup$/.test(env._ ?? ""));
  const stop = new AbortController();
  let isOpen = false;
  let stoppedBy: NodeJS.Signals | null = null;
  const stopListening = listenForSignals((signal) => {
    if (!isOpen) {
      stoppedBy ??= signal;
      stop.abort();
    } else if (!reachedProgram(signal)) gate.kill(signal);
  });
  const open = (job: Job | null) => {
    isOpen = true;
    // By its name, jobs that the program declares itself know that they have their room.
    gate.open(job === null ? {} : { ...cudaEnvironment(job.gpus), GPU_PANEL_RUN: job.id });
  };
  try {
    if (look.kind === "no-panel") {
      complain(`${look.said} ${words.run.runsWithout}`);
      open(null);
      return exitCodeOf(await gate.ended);
    }
    void gate.ended.then(() => stop.abort());
    const body = { ...wishOf(asked, look.indexes), ...processOf(gate, context) };
    const admission = await askForRoom(context.panel, {
      ...{ body, signal: stop.signal, mostMs: asked["max-wait"] ?? null },
      onWait: (job) => complain(words.run.waiting(reasonIn(job, context), job.position, secondsUntil(job))),
      onAway: (why) => complain(why === null ? words.run.backAgain : words.run.away(context.panel.url, why)),
    });
    if (admission.kind !== "admitted") {
      const code = await notAdmitted({ admission, asked, stoppedBy, gate, open }, context);
      return code;
    }
    const { job } = admission;
    complain(words.run.starts(job.gpus, job.peakMiB));
    const attendance = attend(context.panel, {
      ...{ job, body, ttlSeconds: DEFAULT_TTL_SECONDS },
      onLost: (why) => complain(words.run.lost(why)),
    });
    open(job);
    const ended = await gate.ended;
    const isTold = await attendance.ended(ended.code === 0 ? "done" : "failed");
    if (!isTold) complain(words.run.endNotTold);
    return exitCodeOf(ended);
  } finally {
    stopListening();
    if (!isOpen) gate.kill("SIGKILL");
  }
}

interface NotAdmitted {
  admission: Exclude<Admission, { kind: "admitted" }>;
  asked: Asked;
  stoppedBy: NodeJS.Signals | null;
  gate: Gate;
  open(job: null): void;
}

async function notAdmitted(
  { admission, asked, stoppedBy, gate, open }: NotAdmitted,
  { complain, words, language, panel }: CommandContext,
): Promise<number> {
  switch (admission.kind) {
    case "refused": {
      const { problem, status } = admission;
      complain(problemText(problem, language));
      if (CANNOT_ADMIT.includes(problem.code) && asked["without-panel"]) break;
      if (needsToken(problem)) complain(words.needsToken);
      return status === 409 && !FOR_GOOD.includes(problem.code) ? NO_ROOM : RUN_FAILED;
    }
    case "late":
      complain(words.run.tooLate);
      return NO_ROOM;
    case "away":
      complain(words.run.gone(panel.url, admission.why));
      if (asked["without-panel"]) break;
      return RUN_FAILED;
    case "given-up":
      // The process that was to become the program has been ended by somebody.
      if (stoppedBy === null) return exitCodeOf(await gate.ended);
      complain(words.run.withdrawn);
      return codeOfSignal(stoppedBy);
  }
  complain(words.run.runsWithout);
  open(null);
  return exitCodeOf(await gate.ended);
}

/** No answer of now, and none of later. */
const FOR_GOOD = ["never-fits", "too-few-gpus"];
/** This panel lets nobody in, whatever there is room for. */
const CANNOT_ADMIT = ["demo-machine", "folder-held"];

function wishOf(asked: Asked, indexes: readonly number[] | null) {
  const { peak: peakMiB, gpus = 1, label, profile, rest: command } = asked;
  return {
    ...bodyOf({ peakMiB, gpus, label, profile, command }, userName()),
    ...(indexes === null ? {} : { gpuIndexes: indexes }),
    wait: !asked["no-wait"],
    ttlSeconds: DEFAULT_TTL_SECONDS,
  };
}

/** On another machine its number is somebody else's. */
function processOf({ pid, pidStart }: Gate, { panel }: CommandContext) {
  if (!panel.isLocal || pid === null) return {};
  return { pid, ...(pidStart === null ? {} : { pidStart }) };
}

/** People take turns by it. A container may have no name for its user. */
function userName(): string | undefined {
  try {
    return userInfo().username || undefined;
  } catch {
    return undefined;
  }
}

const reasonIn = ({ reason }: Job, { language }: CommandContext) =>
  reason === undefined ? null : problemText({ ...reason, advice: "" }, language);
const secondsUntil = ({ startsAt, requestedAt }: Job) =>
  startsAt === null ? null : Math.max(0, Math.round((startsAt - requestedAt) / 1000));

const exitCodeOf = ({ code, signal }: Ended) =>
  signal === null ? (code ?? RUN_FAILED) : codeOfSignal(signal);
