import * as v from "valibot";
import { problemSchema, wordsOf } from "../../../shared/problems/problem.ts";
import { askPort } from "../../found/ask.ts";
import { candidatesOf } from "../../found/candidates.ts";
import { VERSION } from "../../version.ts";
import type { CommandContext } from "../define-command.ts";
import { problemsIn, problemText } from "../words/words.ts";
import { type Check, fine, lookAt, wrong } from "./check.ts";

/** What is read of `GET /api/v1/state`, of this version's or another's. */
const stateSchema = v.object({
  version: v.string(),
  capabilities: v.object({
    release: v.object({ allowed: v.boolean(), problem: v.nullable(problemSchema) }),
  }),
  state: v.object({
    source: v.object({ status: v.string(), problem: v.nullable(problemSchema) }),
    backends: v.array(
      v.object({
        id: v.string(),
        kind: v.string(),
        reachable: v.nullable(v.boolean()),
        problem: v.nullable(problemSchema),
      }),
    ),
    found: v.optional(
      v.array(v.object({ kind: v.string(), port: v.number(), backend: v.nullable(v.string()) })),
      [],
    ),
  }),
});
type Running = v.InferOutput<typeof stateSchema>;

const GREETING_MS = 1000;

/** The panel that runs, or why there is none; and the backends that it, or else this program, finds. */
export async function checkPanel(context: CommandContext): Promise<Check[]> {
  const { panel, words } = context;
  const say = words.doctor;
  const port = Number(new URL(panel.url).port || 80);
  const told = await panel.call("api/v1/state", stateSchema);
  if (told.kind === "told") return checkRunning(told.data, context);
  if (told.kind === "refused")
    return [wrong("panel", problemText(told.problem, context.language), words.needsToken)];
  const isPort = panel.isLocal && told.kind === "away" && /ECONNREFUSED/.test(told.why);
  const there = isPort
    ? lookAt("panel", say.portFree(port), say.start)
    : told.kind === "away"
      ? wrong("panel", words.noPanel(panel.url, told.why), say.start)
      : wrong("panel", words.strange(panel.url, told.why), say.getPort(port));
  return [there, ...(await checkUsualPorts(context))];
}

function checkRunning({ version, capabilities, state }: Running, context: CommandContext): Check[] {
  const { panel, language, words } = context;
  const say = words.doctor;
  const { source } = state;
  const ofSource = source.problem === null ? null : wordsOf(source.problem, problemsIn(language));
  const mark = source.status === "live" ? lookAt : wrong;
  const { release } = capabilities;
  return [
    version === VERSION
      ? fine("panel", say.running(panel.url, version))
      : lookAt("panel", say.otherVersion(version, VERSION), say.getVersion),
    ofSource === null
      ? source.status === "live"
        ? fine("samples", say.samples)
        : lookAt("samples", words.status.source(source.status), say.start)
      : mark("samples", ofSource.message, ofSource.advice),
    release.allowed
      ? fine("rights", say.mayAct)
      : lookAt(
          "rights",
          release.problem === null ? "" : problemText(release.problem, language),
          words.needsToken,
        ),
    ...state.backends.map(({ id, kind, reachable, problem }) => {
      if (reachable !== false) return fine("backend", say.backend(kind, id));
      const own = problem === null ? null : wordsOf(problem, problemsIn(language));
      return lookAt("backend", own?.message ?? say.backendAway(kind, id), own?.advice || say.getBackend);
    }),
    ...state.found
      .filter(({ backend }) => backend === null)
      .map(({ kind, port }) => lookAt("found", say.found(kind, port), say.adopt(kind))),
    ...(state.backends.length + state.found.length === 0
      ? [lookAt("backend", say.noBackends, say.getBackends)]
      : []),
  ];
}

/** While no panel runs: what listens where backends usually do. */
async function checkUsualPorts({ options, words: { doctor: say } }: CommandContext): Promise<Check[]> {
  const { signal } = new AbortController();
  const taken = new Set([options.port]);
  const asked = candidatesOf([], { withUsual: true, taken, asked: new Set() }).map(
    async ({ port, kinds }) => {
      const recognised = await askPort(port, kinds, { greetingMs: GREETING_MS, signal });
      return recognised === null ? [] : [{ kind: recognised.kind, port }];
    },
  );
  const found = (await Promise.all(asked)).flat();
  const isSetUp = options.backends !== undefined || (options.backend ?? "none") !== "none";
  if (found.length === 0) return isSetUp ? [] : [lookAt("backend", say.noBackends, say.getBackends)];
  return found.map(({ kind, port }) =>
    isSetUp
      ? fine("backend", say.backend(kind, `127.0.0.1:${port}`))
      : lookAt("found", say.found(kind, port), say.adopt(kind)),
  );
}
