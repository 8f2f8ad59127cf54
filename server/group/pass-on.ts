import { Agent as HttpAgent, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import * as v from "valibot";
import { problem } from "../../shared/problems/make-problem.ts";
import { type Problem, problemSchema } from "../../shared/problems/problem.ts";
import { type Reply, refuse, succeed } from "../../shared/protocol/reply.ts";
import { signedHeaders } from "../gateway/signature.ts";
import { reasonOf } from "../lib/reason-of.ts";

/** Where a request is passed on to, and with which secret it is signed. */
export interface Target {
  id: string;
  name: string;
  address: string;
  /** Of a peer its token; of a host of the group the group's secret, and the request is good for that host alone. */
  secret: string;
  isPeer: boolean;
}

/** What came of it. */
export type Passed =
  | { kind: "answered"; reply: Reply<unknown> }
  /** Nobody was there: it was certainly not carried out. */
  | { kind: "unreachable"; problem: Problem }
  /** It was sent, and no answer came: it may have been carried out. */
  | { kind: "silent"; problem: Problem };

export interface PassOn {
  pass(target: Target, method: string, path: string, body?: object): Promise<Passed>;
  close(): void;
}

/** What a sidecar answers is smaller by far, but for the state of many GPUs. */
const LARGEST_ANSWER = 4 * 1024 * 1024;
/** So many requests to one host at the same time; more wait here. */
const MOST_AT_ONCE = 16;
/** So many answers of one host that are held back until a job starts: each is a connection and no work. */
const MOST_HELD_BACK = 256;

/** Passes requests on to other sidecars, signed. Nothing is queued for a host that is away. */
export function createPassOn(timeoutMs: number): PassOn {
  const agents = createAgents(MOST_AT_ONCE);
  // Beside the others: five hundred who wait for their jobs to start would take every connection for minutes.
  const holding = createAgents(MOST_HELD_BACK);
  return {
    async pass(target, method, path, body) {
      const { name, address } = target;
      const url = new URL(path, address.endsWith("/") ? address : `${address}/`);
      const text = body === undefined ? "" : JSON.stringify(body);
      const signed = signedHeaders({
        ...{ secret: target.secret, method, target: `${url.pathname}${url.search}`, body: text },
        host: target.isPeer ? { header: url.host } : { id: target.id },
      });
      const headers = { ...signed, ...(text === "" ? {} : { "content-type": "application/json" }) };
      const isHeldBack = Number(url.searchParams.get("wait") ?? 0) > 0;
      const through = isHeldBack ? holding : agents;
      const sent = await send(url, { method, headers, text, timeoutMs, agents: through });
      if (sent.kind === "answer") return { kind: "answered", reply: readAnswer(sent, name) };
      const params = { name, address, detail: sent.detail };
      return sent.kind === "unreachable"
        ? { kind: "unreachable", problem: problem("host-unreachable", params) }
        : { kind: "silent", problem: problem("host-silent", params) };
    },
    close() {
      for (const { http, https } of [agents, holding]) {
        http.destroy();
        https.destroy();
      }
    },
  };
}

interface Agents {
  http: HttpAgent;
  https: HttpsAgent;
}

function createAgents(maxSockets: number): Agents {
  const options = { keepAlive: true, maxSockets };
  return { http: new HttpAgent(options), https: new HttpsAgent(options) };
}

type Sent =
  | { kind: "answer"; status: number; text: string }
  | { kind: "unreachable" | "silent"; detail: string };

function send(
  url: URL,
  {
    method,
    headers,
    text,
    timeoutMs,
    agents,
  }: {
    method: string;
    headers: Record<string, string>;
    text: string;
    timeoutMs: number;
    agents: Agents;
  },
): Promise<Sent> {
  return new Promise((resolve) => {
    let isConnected = false;
    const length = { "content-length": String(Buffer.byteLength(text)) };
    const options = { method, headers: { ...headers, ...length } };
    const isTls = url.protocol === "https:";
    const request = isTls
      ? httpsRequest(url, { ...options, agent: agents.https })
      : httpRequest(url, { ...options, agent: agents.http });
    const giveUp = (why: string) => setTimeout(() => request.destroy(new Error(why)), timeoutMs);
    // What a request waits for others before it is not the host's time to answer.
    let patience = giveUp("too many requests to it are under way");
    request.once("close", () => clearTimeout(patience));
    request.on("socket", (socket) => {
      clearTimeout(patience);
      patience = giveUp(`no answer within ${timeoutMs / 1000} s`);
      // One that is kept from before is connected; of a new one nothing is sent before it is.
      isConnected = !socket.connecting;
      if (isConnected) return;
      socket.once(isTls ? "secureConnect" : "connect", () => {
        isConnected = true;
      });
    });
    request.on("error", (error) => {
      resolve({ kind: isConnected ? "silent" : "unreachable", detail: reasonOf(error) });
    });
    request.on("response", (response) => {
      let got = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        got += chunk;
        if (got.length > LARGEST_ANSWER) request.destroy(new Error("the answer is too large"));
      });
      response.on("end", () => resolve({ kind: "answer", status: response.statusCode ?? 0, text: got }));
      response.on("error", (error) => resolve({ kind: "silent", detail: reasonOf(error) }));
    });
    request.end(text);
  });
}

function readAnswer({ status, text }: { status: number; text: string }, name: string): Reply<unknown> {
  const said = readJson(text);
  if (status >= 200 && status < 300) return succeed(said);
  const refusal = v.safeParse(problemSchema, said);
  if (!refusal.success) return refuse(problem("host-answer", { name, status }));
  // Of its rights, not of those of whoever asks here.
  const { code, message } = refusal.output;
  if (RIGHTS.includes(code)) return refuse(problem("host-refuses", { name, detail: message }));
  return refuse(refusal.output);
}
const RIGHTS = ["not-allowed", "wrong-token", "not-direct", "host-refused", "origin-refused"];

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
