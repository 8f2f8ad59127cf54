import * as v from "valibot";
import { SEVERITIES } from "../../shared/health/alert.ts";
import { LANGUAGES } from "../../shared/protocol/host-messages.ts";
import { httpUrl } from "./checks.ts";

/** Receivers that are an address and, some of them, a secret. */
const ADDRESSED = ["webhook", "slack", "discord", "feishu", "dingtalk", "wecom"] as const;
/** Kinds of receivers. */
export const NOTIFY_KINDS = [...ADDRESSED, "ntfy", "telegram", "exec"] as const;

/** What receivers can be told of declared jobs. */
export const JOB_EVENTS = ["job-done", "job-failed", "job-out-of-memory", "job-waiting"] as const;
export type JobEvent = (typeof JOB_EVENTS)[number];
export const EVENTS = ["alerts", ...JOB_EVENTS] as const;

const secret = v.pipe(v.string(), v.minLength(1), v.maxLength(1024));
const clock = "([01]\\d|2[0-3]):[0-5]\\d";
const quietHours = v.pipe(
  v.string(),
  v.regex(new RegExp(`^${clock}-${clock}$`), "from and to by this machine's clock, such as 22:00-07:00"),
  v.check((hours) => hours.slice(0, 5) !== hours.slice(6), "a stretch that begins and ends at two times"),
);
const argument = v.pipe(
  v.string(),
  v.maxLength(4096),
  v.check((text) => !text.includes("\0"), "text without a zero byte"),
);

const common = {
  language: v.optional(v.picklist(LANGUAGES.filter((language) => language !== "auto")), "en"),
  /** Alerts less grave than this are not told. */
  minSeverity: v.optional(v.picklist(SEVERITIES), "warning"),
  events: v.optional(v.pipe(v.array(v.picklist(EVENTS, EVENTS.join(", "))), v.minLength(1, "at least one")), [
    "alerts",
    "job-failed",
    "job-out-of-memory",
    "job-waiting",
  ]),
  /** How long a job has waited when that is told. */
  waitingMinutes: v.optional(v.pipe(v.number(), v.minValue(0.1), v.maxValue(1440)), 15),
  quietHours: v.optional(quietHours),
  timeoutMs: v.optional(v.pipe(v.number(), v.integer(), v.minValue(100), v.maxValue(60_000)), 10_000),
};

const kinds = [
  v.strictObject({
    kind: v.picklist(ADDRESSED),
    url: httpUrl,
    /** Signs what is sent: `webhook`, `feishu` and `dingtalk` know how. */
    secret: v.optional(secret),
    ...common,
  }),
  v.strictObject({
    kind: v.literal("ntfy"),
    /** The server's address with the topic at its end. */
    url: v.pipe(
      httpUrl,
      v.check(
        (url) => /^[\w-]{1,64}$/.test(new URL(url).pathname.split("/").at(-1) ?? ""),
        "an address with a topic at its end, such as https://ntfy.sh/my-topic",
      ),
    ),
    /** An access token of the server. */
    secret: v.optional(secret),
    ...common,
  }),
  v.strictObject({
    kind: v.literal("telegram"),
    /** Of a Bot API server of one's own. */
    url: v.optional(httpUrl, "https://api.telegram.org/"),
    /** The bot's token. It becomes part of an address. */
    secret: v.pipe(v.string(), v.regex(/^\d{1,20}:[\w-]{1,256}$/, "a bot's token")),
    /** Id of a chat, or a channel's `@name`. */
    chat: v.pipe(
      v.string(),
      v.regex(/^(?:-?\d{1,20}|@\w{1,64})$/, "the id of a chat, or @name of a channel"),
    ),
    ...common,
  }),
  v.strictObject({
    kind: v.literal("exec"),
    /** The program and its arguments: no shell has a part in it. */
    command: v.pipe(
      v.array(argument),
      v.minLength(1, "a program and its arguments"),
      v.maxLength(64),
      v.check(([program]) => program !== "", "a program and its arguments"),
    ),
    ...common,
  }),
] as const;

/** Who is told of alerts and jobs. Address, secret and command never leave the sidecar. */
export const notifySchema = v.variant("kind", kinds, NOTIFY_KINDS.join(", "));
export type NotifyOptions = v.InferOutput<typeof notifySchema>;
export type ExecOptions = Extract<NotifyOptions, { kind: "exec" }>;
export type PostOptions = Exclude<NotifyOptions, ExecOptions>;
