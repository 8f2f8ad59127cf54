import type * as v from "valibot";
import type { Problem } from "../../../shared/problems/problem.ts";

/** One way in which a route answers. */
export interface AnswerDescription {
  /** What it means, for people. */
  what: string;
  /** Shape of a JSON answer. */
  schema?: v.GenericSchema;
  /** Media type; `application/json` by default. */
  type?: string;
  /** It has no body. */
  empty?: boolean;
}

/** What `openapi.json` says of a route. It stands beside the route, and a test compares the two. */
export interface RouteDescription {
  /** Below the base path, with `{name}` for what varies: `/api/v1/jobs/{id}`. */
  path: string;
  summary: string;
  /** Needs the token where there is one. */
  acts?: boolean;
  /** Object schema of what stands behind the `?`. */
  query?: v.ObjectSchema<v.ObjectEntries, undefined> | v.StrictObjectSchema<v.ObjectEntries, undefined>;
  /** Schema of the JSON body. */
  body?: v.GenericSchema;
  /** By status. */
  answers: Readonly<Record<number, AnswerDescription>>;
  /** Statuses that come with `application/problem+json`; 403 (who may) and 429 need not be named. */
  problems?: readonly number[];
}

/** Body of `application/problem+json`. */
export type ProblemBody = Problem & { type: string; title: string; status: number; detail: string };
