import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ACTIONS } from "../../server/actions/table.ts";
import { type Rig, startRig } from "../helpers/rig.ts";
import { waitUntil } from "../helpers/wait-until.ts";

type Json = { [key: string]: Json } | Json[] | string | number | boolean | null;
interface Operation {
  responses: Record<string, { content: Record<string, { schema?: Json }> }>;
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  servers: unknown;
}

const ROUTES = ACTIONS.flatMap(({ route }) => route ?? []);
let rig: Rig;
let document: Document;
const ajv = new Ajv2020({ allErrors: true, strict: false });
const DOCUMENT_ID = "https://panel.test/openapi.json";
beforeAll(async () => {
  rig = await startRig({
    flags: ["--base-path", "/gpu/"],
    backends: ["http"],
  });
  // A release that waits for a job can be cancelled.
  rig.backend("http").startJob();
  const get = () => fetch(`${rig.sidecar.url}healthz`);
  await waitUntil(async () => (await get()).ok, { what: "samples" });
  document = await (await fetch(`${rig.sidecar.url}openapi.json`)).json();
  ajv.addSchema({ ...Object(closed(structuredClone(document))), $id: DOCUMENT_ID });
});
afterAll(() => rig.close());

/** What has been asked and how it was answered: `GET /healthz 200`. */
const asked = new Set<string>();

/** Asks, and compares the answer with what the document says of it, to the last field. */
async function ask(method: string, template: string, path = template, body?: Json) {
  const response = await fetch(new URL(`.${path}`, rig.sidecar.url), {
    method,
    headers: {
      // A connection of its own: comparing answers blocks for seconds on a busy machine, and the sidecar closes idle ones.
      connection: "close",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const place = ["paths", template, method.toLowerCase(), "responses", String(response.status)];
  const described = document.paths[template]?.[method.toLowerCase()]?.responses[String(response.status)];
  const what = `${method} ${template} ${response.status}`;
  expect(described, `${what} is not described`).toBeDefined();
  const [type = "", { schema } = {}] = Object.entries(described?.content ?? {})[0] ?? [];
  expect(`${what}: ${response.headers.get("content-type")}`).toContain(type);
  asked.add(what);
  if (!type.endsWith("json")) return null;
  const answer = type === "application/x-ndjson" ? await firstLine(response) : await response.json();
  if (schema !== undefined) {
    expect([what, faults([...place, "content", type, "schema"], answer)]).toEqual([what, []]);
  }
  return answer;
}

/** The first line of an answer that stays open, which is let go then. */
async function firstLine({ body }: Response) {
  const decoder = new TextDecoder();
  for await (const chunk of body ?? []) return JSON.parse(decoder.decode(chunk));
}

/** Where a value departs from the schema at a place of the document; a field that is not described counts. */
function faults(place: readonly string[], value: unknown): string[] {
  const pointer = place.map((part) => `/${part.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
  const validate = ajv.getSchema(`${DOCUMENT_ID}#${encodeURI(pointer)}`);
  if (validate === undefined) throw new Error(`there is no schema at ${pointer}`);
  validate(value);
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

/** The same schema, with every object closed: nothing but what is described may be in it. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, part]) => [key, closed(part)]));
  const isOpen = inner.type === "object" && "properties" in schema && !("additionalProperties" in schema);
  return isOpen ? { ...inner, additionalProperties: false } : inner;
}

describe("openapi.json", () => {
  test("API-1 it is a valid OpenAPI 3.1 document, and every route is in it under the path that it answers", async () => {
    const { valid, errors } = await new Validator().validate({ ...structuredClone(document) });
    expect(errors).toBeUndefined();
    expect([valid, document.openapi]).toEqual([true, "3.1.0"]);
    for (const { method, path, describe: description } of ROUTES) {
      expect(document.paths[description.path]?.[method.toLowerCase()]).toBeDefined();
      const concrete = description.path.slice(1).replace(/\{\w+\}/g, "some-id");
      expect(`${method} ${concrete}`).toMatch(new RegExp(`^${method} ${path.source.replace(/^\^/, "")}`));
    }
    const operations = Object.values(document.paths).flatMap((path) => Object.keys(path));
    // The two pages, the element and the document itself are no routes of that list.
    expect(operations.length).toBe(ROUTES.length + 4);
    expect(document.servers).toEqual([{ url: "." }]);
  });

  test("API-2 every answer is as described, to the last field, and each operation has been asked", async () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      if (methods.get !== undefined && !path.includes("{")) await ask("GET", path);
    }
    await ask("GET", "/api/v1/fit", "/api/v1/fit?profile=wan2.1-14b-t2v-480p");
    await ask("GET", "/api/v1/fit", "/api/v1/fit?model=nothing-of-that-name");
    // Too much for any GPU, so that every way out is told.
    await ask("GET", "/api/v1/fit", "/api/v1/fit?resolution=720p");

    await ask("GET", "/api/v1/limit", "/api/v1/limit?backend=http");
    await ask("GET", "/api/v1/limit", "/api/v1/limit?backend=none");

    const take = "/api/v1/profiles/{id}/take-figure";
    await ask("POST", take, "/api/v1/profiles/wan2.1-14b-t2v-480p/take-figure");
    await ask("POST", take, "/api/v1/profiles/none/take-figure");

    const started = await ask("POST", "/api/v1/jobs", undefined, { peakMiB: 100, label: "small" });
    const waiting = await ask("POST", "/api/v1/jobs", undefined, { peakMiB: 15_000 });
    await ask("POST", "/api/v1/jobs", undefined, { peakMiB: 9_000_000 });
    await ask("POST", "/api/v1/jobs", undefined, { teapot: true });
    await ask("GET", "/api/v1/jobs");
    const job = "/api/v1/jobs/{id}";
    await ask("GET", job, `/api/v1/jobs/${started.id}`);
    await ask("GET", job, "/api/v1/jobs/none");
    await ask("PATCH", job, `/api/v1/jobs/${started.id}`, { phase: "sampling" });
    await ask("DELETE", job, `/api/v1/jobs/${started.id}`, { outcome: "done", peakMiB: 90 });
    await ask("PATCH", job, `/api/v1/jobs/${started.id}`);
    await ask("DELETE", job, `/api/v1/jobs/${waiting.id}`);

    const hook = { url: "http://127.0.0.1:7999/unload" };
    await ask("POST", "/api/v1/backends", undefined, { ...hook, label: "script", ttl: 5 });
    await ask("POST", "/api/v1/backends", undefined, { url: "http://10.0.0.9/", label: "elsewhere" });
    await ask("POST", "/api/v1/lease", undefined, { host: "python", label: "app", hook });
    await ask("POST", "/api/v1/lease", undefined, { host: "python" });
    await ask("POST", "/api/v1/backends/{id}/postpone", "/api/v1/backends/http/postpone");
    await ask("PATCH", "/api/v1/handover", undefined, { idleReleaseMinutes: { http: 30 } });
    await ask("PATCH", "/api/v1/handover", undefined, { home: "nobody" });
    await ask("POST", "/api/v1/hold");
    await ask("DELETE", "/api/v1/hold");
    for (const name of ["load", "prepare"])
      await ask("POST", `/api/v1/backends/{id}/${name}`, `/api/v1/backends/http/${name}`);
    const found = "/api/v1/backends/found/{id}";
    await ask("POST", found, "/api/v1/backends/found/comfyui-8188");
    await ask("DELETE", found, "/api/v1/backends/found/comfyui-8188");
    await ask("DELETE", "/api/v1/backends/{id}", "/api/v1/backends/http");
    await ask("POST", "/api/v1/backends/look");
    const release = "/api/v1/release/{id}";
    const parked = await ask("POST", "/api/v1/release", undefined, { mode: "after-current" });
    await ask("POST", "/api/v1/release", undefined, { mode: "please" });
    await waitUntil(
      async () => (await ask("GET", release, `/api/v1/release/${parked.id}`)).state === "waiting-for-job",
      {
        what: "the release to wait",
      },
    );
    await ask("GET", "/api/v1/state");
    await ask("DELETE", release, `/api/v1/release/${parked.id}`);
    await ask("DELETE", release, `/api/v1/release/${parked.id}`);
    rig.backend("http").endJob();
    const { id } = await ask("POST", "/api/v1/release", undefined, { mode: "auto" });
    await waitUntil(
      async () => ["done", "failed"].includes((await ask("GET", release, `/api/v1/release/${id}`)).state),
      { what: "the verdict", timeoutMs: 40_000 },
    );
    await ask("POST", "/api/v1/alerts/{id}/acknowledge", "/api/v1/alerts/none/acknowledge");
    await ask("POST", "/api/v1/alerts/mute", undefined, { rule: "low-utilization", minutes: 1 });
    await ask("POST", "/api/v1/alerts/mute", undefined, { rule: "no such rule", minutes: 1 });
    await ask("POST", "/api/v1/alerts/test");
    await ask("GET", "/api/v1/alerts");
    const session = await ask("POST", "/api/v1/sessions", undefined, { label: "one" });
    await ask("POST", "/api/v1/sessions", undefined, { gpus: [99] });
    await ask("GET", "/api/v1/sessions");
    await ask("POST", "/api/v1/sessions/{id}/stop", `/api/v1/sessions/${session.id}/stop`);
    await ask("DELETE", "/api/v1/sessions/{id}", `/api/v1/sessions/${session.id}`);
    await ask("DELETE", "/api/v1/sessions/{id}", `/api/v1/sessions/${session.id}`);
    // There is nothing to replay here.
    await ask("POST", "/api/v1/replay", undefined, {});
    await ask("GET", "/api/v1/releases");
    await ask("GET", "/api/v1/state");

    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const silent = operations.filter(
      (operation) => ![...asked].some((one) => one.startsWith(`${operation} `)),
    );
    expect(silent, "ask each of these above, so that its answer is compared").toEqual([]);
    for (const answer of ["POST /api/v1/jobs 201", "POST /api/v1/release 202", `DELETE ${release} 200`]) {
      expect([...asked]).toContain(answer);
    }
  });

  test("API-2 a field that is missing, of another type or not described is noticed", () => {
    const schema = ["components", "schemas", "Host"];
    const host = { name: "a", cpuCount: 4, load1: null };
    expect(faults(schema, host).join()).toContain("memoryTotalMiB");
    expect(faults(schema, { ...host, cpuCount: "4" }).join()).toContain("/cpuCount must be number");
    expect(faults(schema, { ...host, secret: 1 }).join()).toContain("secret");
  });
});
