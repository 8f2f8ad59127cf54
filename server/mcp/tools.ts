import * as v from "valibot";
import { historyQuerySchema } from "../../shared/history/series.ts";
import { problem } from "../../shared/problems/make-problem.ts";
import { jobBodySchema, jobEndSchema } from "../../shared/protocol/job-requests.ts";
import { type Reply, refuse, succeed } from "../../shared/protocol/reply.ts";
import { describeIssues, releaseBodySchema } from "../../shared/protocol/requests.ts";
import type { ActsOn } from "../actions/acts-on.ts";
import type { Asker } from "../actions/asker.ts";
import type { Right } from "../actions/definition.ts";
import { askForRelease } from "../actions/release.ts";
import { problemWith } from "../actions/right.ts";

/** One thing that an agent can ask for: what it takes, who may, and what it does. */
export interface Tool {
  name: string;
  /** The action whose words describe it, and what is to be known beyond them. */
  action: string;
  more: string;
  may: Right;
  schema: v.GenericSchema;
  /** It takes something away from others. */
  isDestructive: boolean;
  call(sidecar: ActsOn, args: unknown, asker: Asker): Promise<Reply<unknown>>;
}

interface ToolWay<S extends v.GenericSchema> extends Omit<Tool, "call" | "isDestructive"> {
  schema: S;
  isDestructive?: boolean;
  run(
    sidecar: ActsOn,
    asked: v.InferOutput<S>,
    asker: Asker,
  ): Reply<unknown> | null | Promise<Reply<unknown> | null>;
}

/** A wait is answered after so long, and then asked for again: clients give up on an answer after a minute. */
export const LONGEST_TOOL_WAIT_MS = 45_000;
/** Between two words of an agent more may pass than between two heartbeats of a program. */
const AGENT_TTL_SECONDS = 600;

function defineTool<const S extends v.GenericSchema>({
  run,
  isDestructive = false,
  ...told
}: ToolWay<S>): Tool {
  const { may, schema, name } = told;
  return {
    ...{ ...told, isDestructive },
    async call(sidecar, args, asker) {
      const refused = problemWith(may, asker);
      if (refused !== null) return refuse(refused);
      const parsed = v.safeParse(schema, args ?? {});
      if (!parsed.success) return refuse(problem("bad-request", { detail: describeIssues(parsed.issues) }));
      return (await run(sidecar, parsed.output, asker)) ?? refuse(problem("not-found", { path: name }));
    },
  };
}

const id = v.pipe(v.string(), v.minLength(1), v.maxLength(64));
const { pid: _, pidStart: __, ttlSeconds: ___, started: ____, ...wish } = jobBodySchema.entries;
const wait = v.optional(v.boolean(), true);

async function started(sidecar: ActsOn, job: string, asker: Asker): Promise<Reply<unknown> | null> {
  const found = await sidecar.jobs.whenStarted(job, LONGEST_TOOL_WAIT_MS, asker.gone());
  return found === null ? null : succeed(found);
}

/** What agents can ask for; the schemas are those of the actions, less what only programs know. */
export const TOOLS: readonly Tool[] = [
  defineTool({
    name: "gpu_status",
    action: "state",
    more: "Here without what only a page needs: GPUs, room, backends, jobs that run or wait, the release, alerts.",
    may: "see",
    schema: v.strictObject({}),
    run(sidecar, _, asker) {
      const { version, state } = sidecar.hello(asker);
      const { source, gpus, host, capacity, backends, release, alerts } = state;
      const jobs = state.jobs.filter(({ endedAt }) => endedAt === null);
      return succeed({ version, source, gpus, host, capacity, backends, jobs, release, alerts });
    },
  }),
  defineTool({
    name: "job_profiles",
    action: "profiles",
    more: "Their ids are what gpu_fit and start_job take.",
    may: "see",
    schema: v.strictObject({}),
    run: (sidecar) => {
      const known = sidecar.profiles().map(({ id: profile, label, gpus, peakMiB, basis, source }) => ({
        ...{ profile, label, gpus, peakMiB, basis, source },
      }));
      return succeed({ profiles: known });
    },
  }),
  defineTool({
    name: "gpu_fit",
    action: "fit",
    more: "Name a profile, or a peak in MiB on each GPU.",
    may: "see",
    schema: v.strictObject({ profile: wish.profile, peakMiB: wish.peakMiB, backend: wish.backend }),
    run: (sidecar, { profile, peakMiB, backend }, { address }) => {
      const query = {
        ...(profile === undefined ? {} : { profile }),
        ...(peakMiB === undefined ? {} : { peakMiB }),
        ...(backend === undefined ? {} : { backend }),
      };
      return sidecar.fit({ ...query, intent: "look" }, address, "en");
    },
  }),
  defineTool({
    name: "start_job",
    action: "request-job",
    more: `It answers when the job may start (state "running": start it now, on the GPUs in gpus), or after 45 seconds with its id and state "waiting": then call wait_for_job. The room is kept for ttlSeconds (600) after the last call that names the job; call wait_for_job to keep it longer, and end_job when it has ended.`,
    may: "act",
    schema: v.pipe(
      v.strictObject({
        ...wish,
        wait,
        ttlSeconds: v.optional(
          v.pipe(v.number(), v.integer(), v.minValue(5), v.maxValue(3600)),
          AGENT_TTL_SECONDS,
        ),
      }),
      v.check(
        ({ profile, model, signature, peakMiB }) =>
          [profile, model, signature, peakMiB].some((given) => given !== undefined),
        "profile, model, signature or peakMiB is needed",
      ),
    ),
    async run(sidecar, asked, asker) {
      const reply = await sidecar.jobs.request({ ...asked, started: false }, asker.address);
      return reply.ok && reply.data.state === "waiting" ? started(sidecar, reply.data.id, asker) : reply;
    },
  }),
  defineTool({
    name: "wait_for_job",
    action: "show-job",
    more: "Goes on waiting for a job that waits, 45 seconds at most, and is a heartbeat for one that runs.",
    may: "act",
    schema: v.strictObject({ id }),
    run(sidecar, { id: job }, asker) {
      const beat = sidecar.jobs.heartbeat(job, {});
      return beat === null || !beat.ok ? beat : started(sidecar, job, asker);
    },
  }),
  defineTool({
    name: "end_job",
    action: "end-job",
    more: "Say oom: true where it ran out of memory.",
    may: "act",
    schema: v.strictObject({ id, ...jobEndSchema.entries }),
    run(sidecar, { id: job, ...end }) {
      const ended = sidecar.jobs.finish(job, end);
      return ended === null ? null : succeed(ended);
    },
  }),
  defineTool({
    name: "release_vram",
    action: "release",
    more: "It takes models out of other people's programs: ask the user first, then say confirm: true. Call release_result with the id until state is done or failed; freedMiB is measured.",
    may: "release",
    isDestructive: true,
    schema: v.strictObject({
      ...releaseBodySchema.entries,
      confirm: v.literal(true, "confirm: true is needed: a release takes models out of VRAM"),
    }),
    run: (sidecar, { confirm: _, ...asked }, asker) => askForRelease(sidecar, asked, asker),
  }),
  defineTool({
    name: "release_result",
    action: "show-release",
    more: "",
    may: "see",
    schema: v.strictObject({ id }),
    run(sidecar, { id: asked }) {
      const release = sidecar.findRelease(asked) ?? sidecar.elsewhere.findRelease(asked);
      return release === null ? null : succeed(release);
    },
  }),
  defineTool({
    name: "gpu_history",
    action: "history",
    more: "from: -86400000 is the last day; 60 points are enough for a glance.",
    may: "see",
    schema: historyQuerySchema,
    run: (sidecar, asked, { address }) => sidecar.history(asked, address),
  }),
];
