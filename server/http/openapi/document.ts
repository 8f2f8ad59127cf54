import { type ConversionConfig, type JsonSchema, toJsonSchema } from "@valibot/to-json-schema";
import * as v from "valibot";
import { COMPONENTS, problemBodySchema } from "./components.ts";
import type { AnswerDescription, RouteDescription } from "./describe.ts";

/** A route, as far as its description goes. */
export interface DescribedRoute {
  method: string;
  describe: RouteDescription;
}

const pages = (): readonly DescribedRoute[] => [
  { method: "GET", describe: page("/", "The panel, for a page of its own") },
  { method: "GET", describe: page("/embed", "The panel, for an iframe") },
  {
    method: "GET",
    describe: {
      path: "/element.js",
      summary: "Script that defines <gpu-status-panel>",
      answers: { 200: { what: "An ES module", type: "text/javascript" } },
    },
  },
];

/** The HTTP interface as an OpenAPI 3.1 document, made from what stands beside the routes. Pure. */
export function describeApi(routes: readonly DescribedRoute[], version: string) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const { method, describe } of [...pages(), ...routes]) {
    paths[describe.path] = { ...paths[describe.path], [method.toLowerCase()]: operation(describe) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "gpu-status-panel",
      version,
      description:
        "GPU figures, recommended concurrency, jobs and measured VRAM releases. `null` means unknown. MiB are MiB.",
      license: { name: "MIT", identifier: "MIT" },
    },
    // Relative to this document: right behind any proxy.
    servers: [{ url: "." }],
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(COMPONENTS).map(([name, one]) => [name, definition(one)])),
      securitySchemes: { token: { type: "http", scheme: "bearer", description: "The token of --token." } },
    },
  };
}

function operation({ path, summary, acts = false, query, body, answers, problems = [] }: RouteDescription) {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const inQuery = Object.entries(query?.entries ?? {}).map(([name, schema]) => ({
    name,
    in: "query",
    required: !("wrapped" in schema),
    schema: taken(schema),
  }));
  const refusals = [
    ...new Set([...problems, ...(body === undefined ? [] : [413]), 403, ...(acts ? [429] : [])]),
  ];
  return {
    summary,
    ...(inPath.length + inQuery.length === 0 ? {} : { parameters: [...inPath, ...inQuery] }),
    ...(body === undefined
      ? {}
      : { requestBody: { content: { "application/json": { schema: taken(body) } }, required: false } }),
    responses: Object.fromEntries([
      ...Object.entries(answers).map(([status, answer]) => [status, response(answer)]),
      ...refusals.map((status) => [String(status), refusal()]),
    ]),
    // Either the token or, where there is none, being on the same machine.
    ...(acts ? { security: [{ token: [] }, {}] } : {}),
  };
}

function response({ what, schema, type = "application/json", empty = false }: AnswerDescription) {
  if (empty) return { description: what };
  return { description: what, content: { [type]: schema === undefined ? {} : { schema: given(schema) } } };
}

const refusal = () =>
  response({
    what: "What is wrong, and what to do about it",
    schema: problemBodySchema,
    type: "application/problem+json",
  });

/** What cannot be said in JSON Schema (a check of our own, a key in two places) is said in the docs. */
const COMMON: ConversionConfig = { target: "draft-2020-12", errorMode: "ignore" };

/** Schema of what is sent to us. */
function taken(schema: v.GenericSchema): JsonSchema {
  return plain(toJsonSchema(schema, { ...COMMON, typeMode: "input" }));
}

/** Schema of what we answer, in terms of the components. */
function given(schema: v.GenericSchema): JsonSchema {
  return plain(toJsonSchema(schema, outgoing(COMPONENTS)));
}

/** A component itself: without its own name, or it would only refer to itself. */
function definition(schema: v.GenericSchema): JsonSchema {
  const others = Object.entries(COMPONENTS).filter(([, one]) => one !== schema);
  return plain(toJsonSchema(schema, outgoing(Object.fromEntries(others))));
}

function outgoing(definitions: Readonly<Record<string, v.GenericSchema>>): ConversionConfig {
  return {
    ...COMMON,
    typeMode: "output",
    definitions,
    overrideRef: ({ referenceId }) => `#/components/schemas/${referenceId}`,
  };
}

function plain({ $schema: _schema, $defs: _defs, ...rest }: JsonSchema): JsonSchema {
  return rest;
}

function page(path: string, summary: string): RouteDescription {
  return {
    path,
    summary,
    query: v.object({
      theme: v.optional(v.picklist(["auto", "light", "dark"])),
      lang: v.optional(v.picklist(["auto", "en", "zh-CN"])),
      view: v.optional(v.picklist(["full", "compact", "bar"])),
      gpu: v.optional(v.string()),
      model: v.optional(v.string()),
    }),
    answers: { 200: { what: "The page", type: "text/html" } },
  };
}
