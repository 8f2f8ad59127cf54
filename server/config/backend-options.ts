import * as v from "valibot";
import { httpUrl, wholeNumber } from "./checks.ts";

/** What HTTP takes in a header: no line breaks, nothing beyond Latin-1. */
const headerText = v.pipe(v.string(), v.regex(/^[\t\x20-\x7e\x80-\xff]*$/, "text that a header can carry"));
const headerName = v.pipe(v.string(), v.regex(/^[\w!#$%&'*+.^`|~-]+$/, "a header's name"));
const headers = v.optional(v.record(headerName, headerText), {});
const id = v.optional(v.pipe(v.string(), v.regex(/^[\w.-]{1,60}$/, "letters, digits, dots, dashes")));
const timeout = (defaultMs: number) => v.optional(wholeNumber("timeoutMs", 100, 600_000), defaultMs);
const secret = v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(1024)));
/** Sent in a header. */
const key = v.optional(v.pipe(headerText, v.minLength(1), v.maxLength(1024)));
const method = v.optional(v.picklist(["POST", "PUT", "GET", "DELETE"]), "POST");

/** What every kind can be told: a name, an address, headers (they never leave the sidecar), a time limit for the unload call. */
const common = (defaultUrl: string, timeoutMs: number) => ({
  id,
  url: v.optional(httpUrl, defaultUrl),
  headers,
  timeoutMs: timeout(timeoutMs),
});

/** HTTP Basic, as `--api-auth` (A1111, Forge) and `--auth` (SD.Next) want it. */
const basic = { username: secret, password: secret };

/** Another call to the same program, with the same headers. */
const otherHook = v.strictObject({ url: httpUrl, method, body: v.optional(v.unknown()) });
/** A field of an answer: names and places in lists, `slots.0.busy`. */
const fieldPath = v.pipe(
  v.string(),
  v.regex(/^[^.\s]{1,60}(?:\.[^.\s]{1,60}){0,7}$/, "a field's path, such as slots.0.busy"),
);
const statusFields = v.pipe(
  v.strictObject({
    url: httpUrl,
    /** True, not 0 or not empty while a job runs. */
    busy: v.optional(fieldPath),
    /** The same while none runs. */
    idle: v.optional(fieldPath),
    /** How many jobs wait. */
    queue: v.optional(fieldPath),
  }),
  v.check(({ busy, idle }) => (busy === undefined) !== (idle === undefined), "has either busy or idle"),
);

/** The generic unload hook, `--backend http`. */
const http = v.strictObject({
  kind: v.literal("http"),
  id,
  url: httpUrl,
  method,
  headers,
  /** JSON sent in place of `{"action":"unload","mode":…}`. */
  body: v.optional(v.unknown()),
  timeoutMs: timeout(10_000),
  /** Ask for the status with `GET <url>`. */
  status: v.optional(v.boolean(), true),
  /** Where else the status is: in the hook's own shape, or of a program that tells it by other fields. */
  statusUrl: v.optional(v.lazy((given) => (typeof given === "string" ? httpUrl : statusFields))),
  /** A second hook that stops the running job. */
  interrupt: v.optional(otherHook),
  /** A third one that loads again what was unloaded. */
  load: v.optional(otherHook),
});

/** A backend to release from. Defaults are the backends' own: addresses on this machine, their usual ports. */
export const backendSchema = v.variant("kind", [
  v.strictObject({
    kind: v.literal("comfyui"),
    ...common("http://127.0.0.1:8188", 10_000),
    /** Keep the outputs of nodes: the next run is faster, but with --highvram nothing comes back. */
    keepCache: v.optional(v.boolean(), false),
  }),
  // Moving a large model to host memory takes its time, and the answer comes after it.
  v.strictObject({ kind: v.literal("a1111"), ...common("http://127.0.0.1:7860", 60_000), ...basic }),
  v.strictObject({ kind: v.literal("forge"), ...common("http://127.0.0.1:7860", 60_000), ...basic }),
  v.strictObject({ kind: v.literal("sdnext"), ...common("http://127.0.0.1:7860", 60_000), ...basic }),
  v.strictObject({
    kind: v.literal("swarmui"),
    ...common("http://127.0.0.1:7801", 10_000),
    /** Value of the cookie `swarm_token`, where accounts are on. */
    apiKey: key,
    /** Also drop what lies in host memory, and what node outputs hold: else little comes back with --highvram. */
    systemRam: v.optional(v.boolean(), true),
  }),
  v.strictObject({
    kind: v.literal("gradio"),
    ...common("http://127.0.0.1:7860", 120_000),
    ...basic,
    /** Name of the endpoint that unloads, as the app's "Use via API" page lists it. */
    apiName: v.optional(v.pipe(v.string(), v.regex(/^\/?[\w-]{1,100}$/)), "/unload"),
    /** Its inputs. */
    data: v.optional(v.array(v.unknown()), []),
    /** The app runs it in the same queue as generation (`concurrency_id`), so that it waits its turn. */
    queued: v.optional(v.boolean(), false),
  }),
  v.strictObject({ kind: v.literal("ollama"), ...common("http://127.0.0.1:11434", 10_000), apiKey: key }),
  v.strictObject({
    kind: v.literal("vllm"),
    ...common("http://127.0.0.1:8000", 60_000),
    apiKey: key,
    /** 1 keeps the weights in host memory, 2 drops them. */
    level: v.optional(v.picklist([1, 2]), 1),
  }),
  v.strictObject({ kind: v.literal("llamacpp"), ...common("http://127.0.0.1:8080", 20_000), apiKey: key }),
  v.strictObject({ kind: v.literal("lmstudio"), ...common("http://127.0.0.1:1234", 30_000), apiKey: key }),
  v.strictObject({ kind: v.literal("invokeai"), ...common("http://127.0.0.1:9090", 60_000), apiKey: key }),
  http,
]);
export type BackendOptions = v.InferOutput<typeof backendSchema>;
/** The options of one kind. */
export type BackendOptionsOf<K extends BackendOptions["kind"]> = Extract<BackendOptions, { kind: K }>;

/** Kinds for `--backend`, beside `none`. */
export const CONFIGURABLE_KINDS = backendSchema.options.map(({ entries }) => entries.kind.literal);
