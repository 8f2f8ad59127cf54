import { problem } from "../../../shared/problems/make-problem.ts";
import type { BackendOptionsOf } from "../../config/backend-options.ts";
import { type Answer, type Call, type CallFailure, createCaller } from "./call.ts";
import { type AwaitedEvent, awaitEvent } from "./event-stream.ts";

/** Calls the routes of a Gradio app, behind whatever prefix it has them, logged in where it wants that. */
export interface GradioApp {
  call(route: string, signal: AbortSignal, call?: Call): Promise<Answer | CallFailure>;
  /** Reads the stream of a route until one of these events comes. */
  awaitEvent(route: string, names: readonly string[], signal: AbortSignal): Promise<AwaitedEvent>;
}

/** 5 and newer, and 4: `/config` tells it, too, but is as large as the app's page. */
const PREFIXES = ["/gradio_api", ""];
/** What answers to a route that does not exist; a page that is mounted beside the app says 405 to a POST. */
const NO_SUCH_ROUTE: readonly (number | null)[] = [404, 405];
const REMEDY =
  "Use Gradio 4.20 or newer, and put the path of an app that is mounted at one into the backend's url.";

export function createGradioApp({ username, password, ...options }: BackendOptionsOf<"gradio">): GradioApp {
  const call = createCaller(options);
  let [prefix = "", otherPrefix = ""] = PREFIXES;
  /** Ends with the app's process; then it is logged in anew. */
  let cookie: string | null = null;

  /** `cookie` goes beside those of the config. */
  const headers = () => ({
    ...options.headers,
    ...(cookie === null ? {} : { cookie: [options.headers.cookie, cookie].filter(Boolean).join("; ") }),
  });

  /** Nothing has run where the app said 401. */
  async function callLoggedIn(path: string, signal: AbortSignal, init: Call) {
    const first = await call(path, signal, { ...init, headers: headers() });
    if (first.kind === "answered" || first.status !== 401) return first;
    if (username === undefined && password === undefined) return first;
    const entered = await logIn(signal, init.timeoutMs);
    if (entered !== "in") return entered.status === null ? entered : first;
    return call(path, signal, { ...init, headers: headers() });
  }

  async function logIn(signal: AbortSignal, timeoutMs = options.timeoutMs): Promise<"in" | CallFailure> {
    const form = { username: username ?? "", password: password ?? "" };
    const answer = await call("/login", signal, { method: "POST", form, timeoutMs });
    if (answer.kind === "failed") return answer;
    const pairs = answer.headers.getSetCookie().map((line) => line.split(";", 1)[0] ?? "");
    cookie = pairs.filter((pair) => pair.startsWith("access-token")).join("; ");
    return "in";
  }

  return {
    async call(route, signal, init = {}) {
      const first = await callLoggedIn(`${prefix}${route}`, signal, init);
      if (first.kind === "answered" || !NO_SUCH_ROUTE.includes(first.status)) return first;
      const second = await callLoggedIn(`${otherPrefix}${route}`, signal, init);
      if (second.kind === "failed" && NO_SUCH_ROUTE.includes(second.status)) {
        return { ...second, problem: problem("backend-no-api", { remedy: REMEDY }) };
      }
      if (second.status !== null) [prefix, otherPrefix] = [otherPrefix, prefix];
      return second;
    },
    awaitEvent(route, names, signal) {
      const url = `${options.url.replace(/\/+$/, "")}${prefix}${route}`;
      return awaitEvent({ url, headers: headers(), timeoutMs: options.timeoutMs }, names, signal);
    },
  };
}
