import * as v from "valibot";
import { gpuProcessSchema, gpuSchema } from "../../../shared/gpu/gpu.ts";
import { handoverSchema } from "../../../shared/handover/handover.ts";
import { jobSchema } from "../../../shared/jobs/job.ts";
import { problemSchema } from "../../../shared/problems/problem.ts";
import { wireProfileSchema } from "../../../shared/profiles/profile.ts";
import { groupViewSchema } from "../../../shared/protocol/group-view.ts";
import { hostOfGroupSchema } from "../../../shared/protocol/host-of-group.ts";
import { helloSchema } from "../../../shared/protocol/messages.ts";
import {
  gpuCapacitySchema,
  hostSchema,
  type State,
  sourceSchema,
  stateSchema,
} from "../../../shared/protocol/state.ts";
import { backendSchema } from "../../../shared/release/backend.ts";
import { releaseRecordSchema } from "../../../shared/release/record.ts";
import { releaseSchema } from "../../../shared/release/release.ts";
import type { ProblemBody } from "./describe.ts";

/** Body of every error, RFC 9457 with our fields beside it. */
export const problemBodySchema = v.object({
  type: v.string(),
  title: v.string(),
  status: v.number(),
  detail: v.string(),
  ...problemSchema.entries,
}) satisfies v.GenericSchema<ProblemBody>;

/** The host of a group on which something is. */
const whereSchema = v.pick(hostOfGroupSchema, ["id", "name", "address"]);
/** A job; `host` where it was asked for over the group. */
export const placedJobSchema = v.object({ ...jobSchema.entries, host: v.exactOptional(whereSchema) });

/** What names one thing. */
export const idSchema = v.object({ id: v.string() });

/** A script that asks for the state is told of the history's keeping too; a panel need not know. */
const stateAnswerSchema = v.object({
  ...stateSchema.entries,
  handover: v.exactOptional(handoverSchema),
  history: v.exactOptional(v.object({ problem: v.nullable(problemSchema) })),
}) satisfies v.GenericSchema<State>;
const hostAnswerSchema = v.object({ ...hostOfGroupSchema.entries, state: v.nullable(stateAnswerSchema) });
export const groupSchema = v.object({ ...groupViewSchema.entries, hosts: v.array(hostAnswerSchema) });
export const stateHelloSchema = v.object({
  ...helloSchema.entries,
  state: stateAnswerSchema,
  hosts: v.exactOptional(v.array(hostAnswerSchema)),
});

/** Shapes that have a name in the document; wherever one of them is met, it is referred to. */
export const COMPONENTS: Readonly<Record<string, v.GenericSchema>> = {
  Problem: problemSchema,
  ProblemBody: problemBodySchema,
  Hello: stateHelloSchema,
  State: stateAnswerSchema,
  HostOfGroup: hostAnswerSchema,
  Source: sourceSchema,
  Gpu: gpuSchema,
  GpuProcess: gpuProcessSchema,
  GpuCapacity: gpuCapacitySchema,
  Host: hostSchema,
  Backend: backendSchema,
  Job: jobSchema,
  PlacedJob: placedJobSchema,
  Profile: wireProfileSchema,
  Release: releaseSchema,
  Handover: handoverSchema,
  ReleaseRecord: releaseRecordSchema,
};
