import fc from "fast-check";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { PROBLEM_CODES } from "../../shared/problems/codes.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { connectPanel } from "../helpers/panel-client.ts";
import { type Rig, startRig } from "../helpers/rig.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const REQUESTS = 5000;
const SOCKETS = 60;
const EVENTS_A_SOCKET = 15;
/** Refusals that any request may meet, whatever its route says of itself. */
const ANYWHERE = [400, 403, 404, 405, 413, 429];
const TOKEN = "the-right-token";

interface Document {
  paths: Record<string, Record<string, { responses: Record<string, unknown> }>>;
}
let rig: Rig;
let document: Document;
beforeAll(async () => {
  rig = await startRig({
    own: true,
    script: { gpus: [fakeGpu(0), fakeGpu(1)] },
    backends: ["http"],
    flags: ["--token", TOKEN],
  });
  await waitUntil(async () => (await fetch(`${rig.sidecar.url}healthz`)).ok, { what: "samples" });
  document = await (await fetch(`${rig.sidecar.url}openapi.json`)).json();
});
afterAll(() => rig.close());

const word = fc.oneof(
  fc.constantFrom(
    "0",
    "1",
    "-1",
    "nan",
    "",
    "auto",
    "now",
    "a".repeat(200),
    "../..",
    "%00",
    "é",
    "http",
    "all",
  ),
  fc.string({ maxLength: 20 }),
  fc.uuid(),
  fc.integer().map(String),
);
const KEYS = [
  "mode",
  "backend",
  "gpu",
  "gpus",
  "profile",
  "label",
  "peakMiB",
  "ttlSeconds",
  "pid",
  "phase",
  "state",
];
const MORE_KEYS = [
  "rule",
  "minutes",
  "action",
  "id",
  "requestId",
  "bootId",
  "sinceSeq",
  "historyMs",
  "kind",
  "to",
];
const key = fc.oneof(fc.constantFrom(...KEYS, ...MORE_KEYS), fc.string({ maxLength: 8 }));
const json = fc.oneof(
  { weight: 3, arbitrary: fc.dictionary(key, fc.oneof(word, fc.jsonValue({ maxDepth: 2 })), { maxKeys: 6 }) },
  { weight: 1, arbitrary: fc.jsonValue() },
);
const body = fc.oneof(
  { weight: 4, arbitrary: json.map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.string({ maxLength: 200 }) },
  { weight: 1, arbitrary: fc.constantFrom("", "{", "null", "[]", `{"__proto__":{}}`, "x".repeat(20_000)) },
);
const headers = fc.record({
  type: fc.constantFrom("application/json", "application/json", "text/plain", ""),
  bearer: fc.constantFrom(TOKEN, TOKEN, TOKEN, "wrong", ""),
});
const question = fc.record({
  place: fc.nat(),
  method: fc.constantFrom("GET", "POST", "PATCH", "DELETE", "PUT", "HEAD"),
  /** Mostly a method that the route has. */
  fits: fc.constantFrom(true, true, true, false),
  params: fc.array(word, { minLength: 3, maxLength: 3 }),
  query: fc.dictionary(fc.oneof(key, fc.constantFrom("from", "points", "model", "steps")), word, {
    maxKeys: 4,
  }),
  body,
  headers,
});

/** One request; what is wrong with its answer, or `null`. */
async function ask(asked: typeof question extends fc.Arbitrary<infer Q> ? Q : never): Promise<string | null> {
  const paths = Object.entries(document.paths);
  const [template, methods] = paths[asked.place % paths.length] ?? ["/", {}];
  const known = Object.keys(methods).map((name) => name.toUpperCase());
  const method = asked.fits ? (known[asked.place % known.length] ?? "GET") : asked.method;
  let next = 0;
  const path = template.replace(/\{\w+\}/g, () => encodeURIComponent(asked.params[next++ % 3] ?? ""));
  const url = new URL(`.${path}?${new URLSearchParams(asked.query)}`, rig.sidecar.url);
  const { type, bearer } = asked.headers;
  const hasBody = method !== "GET" && method !== "HEAD";
  const response = await fetch(url, {
    method,
    headers: {
      ...(type === "" ? {} : { "content-type": type }),
      ...(bearer === "" ? {} : { authorization: `Bearer ${bearer}` }),
    },
    ...(hasBody ? { body: asked.body } : {}),
    redirect: "manual",
  });
  const text = await response.text();
  const what = `${method} ${url.pathname}${url.search} ${asked.body.slice(0, 200)} → ${response.status} ${text.slice(0, 200)}`;
  const described = document.paths[template]?.[method.toLowerCase()]?.responses ?? {};
  if (response.status >= 500 && response.status !== 503) return what;
  if (response.status < 400 || method === "HEAD") return null;
  if (!(String(response.status) in described) && !ANYWHERE.includes(response.status)) return what;
  if (template === "/healthz") return null;
  if (!response.headers.get("content-type")?.includes("application/problem+json")) return what;
  const codes: readonly string[] = PROBLEM_CODES;
  return codes.includes(JSON.parse(text).code) ? null : what;
}

test("WIRE-6 whatever is asked over HTTP is answered, with what is wrong where something is", async () => {
  const asked = fc.sample(question, { numRuns: REQUESTS, seed: inject("seed") });
  const wrong: string[] = [];
  const next = asked.values();
  const worker = async () => {
    for (const one of next) {
      const found = await ask(one);
      if (found !== null) wrong.push(found);
    }
  };
  await Promise.all(Array.from({ length: 12 }, worker));
  expect(wrong.slice(0, 10)).toEqual([]);
  expect(rig.sidecar.child.exitCode).toBeNull();
}, 600_000);

test("WIRE-6 whatever is sent over the socket is answered or ends its own connection alone", async () => {
  const events = [
    "watch",
    "unwatch",
    "resume",
    "release",
    "cancel-release",
    "load-backend",
    "prepare-backend",
    "take-figure",
    "past-alerts",
  ];
  const more = [
    "acknowledge-alert",
    "mute-rule",
    "sessions",
    "replay",
    "past-releases",
    "history",
    "hello",
    "x",
  ];
  const sent = fc.sample(
    fc.tuple(fc.constantFrom(...events, ...more), fc.array(json, { maxLength: 3 }), fc.boolean()),
    { numRuns: SOCKETS * EVENTS_A_SOCKET, seed: inject("seed") },
  );
  const witness = connectPanel(rig.sidecar.url, { auth: { token: TOKEN } });
  await witness.hello();
  const wrong: unknown[] = [];
  for (let i = 0; i < SOCKETS; i++) {
    const panel = connectPanel(rig.sidecar.url, { auth: { token: TOKEN } });
    await panel.hello();
    const emit = Reflect.get(panel.socket, "emit");
    for (const [name, args, acks] of sent.slice(i * EVENTS_A_SOCKET, (i + 1) * EVENTS_A_SOCKET)) {
      const heard = (reply: { ok?: unknown }) => {
        if (typeof reply?.ok !== "boolean") wrong.push([name, args, reply]);
      };
      Reflect.apply(emit, panel.socket, [name, ...args, ...(acks ? [heard] : [])]);
    }
    // Behind all of them in the same connection, unless one of them has ended it.
    await Promise.race([
      new Promise((resolve) => panel.socket.emit("past-alerts", resolve)),
      new Promise((resolve) => panel.socket.once("disconnect", resolve)),
    ]);
    panel.close();
  }
  expect(wrong).toEqual([]);
  const before = witness.samples.length;
  await waitUntil(() => witness.samples.length > before + 2, { what: "samples to go on" });
  expect(witness.socket.connected).toBe(true);
  witness.close();
}, 600_000);
