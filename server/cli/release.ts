import { createInterface } from "node:readline/promises";
import * as v from "valibot";
import { problemSchema } from "../../shared/problems/problem.ts";
import { RELEASE_MODES } from "../../shared/release/release.ts";
import { steadyMs } from "../lib/clock.ts";
import { rest } from "../lib/rest.ts";
import { type CommandContext, defineCommand, nothingElse } from "./define-command.ts";
import { NO, NOT_ASKED, YES } from "./exit-codes.ts";
import { notAnswered } from "./refused.ts";
import { durationText } from "./run/size.ts";
import { problemText } from "./words/words.ts";

const figure = v.nullable(v.number());

/** What is read of `GET /api/v1/release/ID`. */
const releaseSchema = v.object({
  id: v.nullable(v.string()),
  state: v.string(),
  freedMiB: figure,
  parts: v.array(v.object({ backend: v.string(), state: v.string(), freedMiB: figure })),
  stillHeldBy: v.array(v.object({ pid: v.number(), name: v.nullable(v.string()), usedMiB: figure })),
  problem: v.nullable(problemSchema),
});
type Shown = v.InferOutput<typeof releaseSchema>;

const LOOK_MS = 250;

export const release = defineCommand({
  name: "release",
  flags: [
    { name: "backend", value: "ID" },
    { name: "mode", value: "MODE" },
    { name: "max-wait", value: "TIME" },
    { name: "yes", value: null },
  ],
  schema: v.object({
    backend: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(60))),
    mode: v.optional(v.picklist(RELEASE_MODES, `--mode: ${RELEASE_MODES.join(", ")}`)),
    "max-wait": v.optional(v.pipe(v.string(), durationText)),
    yes: v.optional(v.boolean(), false),
    rest: nothingElse,
  }),
  async run({ backend, mode, yes, "max-wait": mostMs }, context) {
    if (!yes && !(await isMeant(context))) return NOT_ASKED;
    const body = { ...(backend === undefined ? {} : { backend }), ...(mode === undefined ? {} : { mode }) };
    const begun = await context.panel.call("api/v1/release", v.object({ id: v.string() }), {
      ...{ method: "POST", body },
    });
    if (begun.kind === "refused" && begun.status === 409) {
      context.complain(problemText(begun.problem, context.language));
      return NO;
    }
    if (begun.kind !== "told") return notAnswered(begun, context);
    return follow(begun.data.id, mostMs ?? null, context);
  },
});

/** Somebody at a terminal is asked; a script says so beforehand. */
async function isMeant({ words, complain }: CommandContext): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    complain(words.release.needsConfirm);
    return false;
  }
  const asker = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^(?:y|yes|是)$/i.test((await asker.question(words.release.ask)).trim());
  } finally {
    asker.close();
  }
}

async function follow(id: string, mostMs: number | null, context: CommandContext): Promise<number> {
  const begunMs = steadyMs();
  let told = "";
  for (;;) {
    const answer = await context.panel.call(`api/v1/release/${id}`, releaseSchema);
    if (answer.kind !== "told") return notAnswered(answer, context);
    const { state } = answer.data;
    if (state === "done" || state === "failed") {
      context.print(context.isJson ? JSON.stringify(answer.data) : textOf(answer.data, context));
      return (answer.data.freedMiB ?? 0) > 0 ? YES : NO;
    }
    const { waiting, going, late } = context.words.release;
    if (!context.isJson && state !== told && (told === "" || state === "waiting-for-job"))
      context.complain(state === "waiting-for-job" ? waiting : going);
    told = state;
    if (mostMs !== null && steadyMs() - begunMs >= mostMs) {
      context.complain(late(id));
      return NO;
    }
    await rest(LOOK_MS, new AbortController().signal);
  }
}

function textOf(
  { freedMiB, parts, stillHeldBy, problem }: Shown,
  { words, language }: CommandContext,
): string {
  const say = words.release;
  return [
    say.freed(freedMiB ?? 0),
    ...(parts.length > 1 ? parts.map((part) => say.part(part.backend, part.freedMiB)) : []),
    ...stillHeldBy.map(({ pid, name, usedMiB }) => say.held(name ?? words.status.unknown, pid, usedMiB)),
    ...(problem === null ? [] : [problemText(problem, language)]),
  ].join("\n");
}
