import * as v from "valibot";
import { problemSchema } from "../../shared/problems/problem.ts";
import { type CommandContext, defineCommand, nothingElse } from "./define-command.ts";
import { NO, YES } from "./exit-codes.ts";
import { notAnswered } from "./refused.ts";
import { tableOf } from "./table.ts";
import { problemText } from "./words/words.ts";

const figure = v.nullable(v.number());

/** What is read of `GET /api/v1/state`, of this version's or another's. */
const stateSchema = v.object({
  version: v.string(),
  state: v.object({
    source: v.object({ kind: v.string(), status: v.string(), problem: v.nullable(problemSchema) }),
    gpus: v.array(
      v.object({
        index: v.number(),
        name: v.string(),
        memoryTotalMiB: figure,
        memoryUsedMiB: figure,
        memoryFreeMiB: figure,
        utilizationGpuPct: figure,
        temperatureC: figure,
      }),
    ),
    capacity: v.object({
      profile: v.string(),
      perGpu: v.array(v.object({ index: v.number(), canStart: figure, running: figure })),
    }),
    jobs: v.array(
      v.object({
        id: v.string(),
        label: v.string(),
        state: v.string(),
        gpus: v.array(v.number()),
        position: figure,
        peakMiB: v.number(),
        pid: figure,
      }),
    ),
    backends: v.array(
      v.object({ id: v.string(), reachable: v.nullable(v.boolean()), busy: v.nullable(v.boolean()) }),
    ),
    alerts: v.array(v.object({ message: v.string(), severity: v.string() })),
  }),
});
type Shown = v.InferOutput<typeof stateSchema>;

export const status = defineCommand({
  name: "status",
  flags: [],
  schema: v.object({ rest: nothingElse }),
  async run(_, context) {
    const told = await context.panel.call("api/v1/state", stateSchema);
    if (told.kind !== "told") return notAnswered(told, context);
    const { version, state } = told.data;
    const jobs = state.jobs.filter((job) => job.state === "waiting" || job.state === "running");
    const { source, gpus, capacity, backends, alerts } = state;
    if (context.isJson) {
      const url = context.panel.url;
      context.print(JSON.stringify({ url, version, source, gpus, capacity, jobs, backends, alerts }));
    } else context.print(textOf({ version, state: { ...state, jobs } }, context));
    return source.status === "live" ? YES : NO;
  },
});

function textOf({ version, state }: Shown, { words, language, panel }: CommandContext): string {
  const say = words.status;
  const of = (value: number | null, unit: string) => (value === null ? say.unknown : `${value}${unit}`);
  const rows = state.gpus.map((gpu) => {
    const room = state.capacity.perGpu.find(({ index }) => index === gpu.index);
    return [
      `${gpu.index} ${gpu.name}`,
      `${of(gpu.memoryUsedMiB, "")} / ${of(gpu.memoryTotalMiB, " MiB")}`,
      of(gpu.memoryFreeMiB, " MiB"),
      of(gpu.utilizationGpuPct, " %"),
      of(gpu.temperatureC, " °C"),
      of(room?.running ?? null, ""),
      of(room?.canStart ?? null, ` × ${state.capacity.profile}`),
    ];
  });
  const { source } = state;
  return [
    `${say.panel(panel.url, version)}, ${say.source(source.status)}`,
    ...(source.problem === null ? [] : [problemText(source.problem, language)]),
    tableOf([say.heads, ...rows]),
    ...state.backends.map(({ id, reachable, busy }) => say.backend(id, reachable, busy)),
    ...state.jobs.map((job) => say.job(job.label, job.state, job.gpus, job.position)),
    ...state.alerts.map(({ message }) => say.alert(message)),
  ].join("\n");
}
