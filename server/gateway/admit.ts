import { timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import { isAllowedOrigin, isLoopbackHost } from "../../shared/protocol/origins.ts";

/** Who may see and who may act. */
export interface AdmitRules {
  /** Origins beyond the loopback ones. */
  allowOrigin: readonly string[];
  /** Needed to act; `null`: everyone who is let in may act. */
  token: string | null;
  /** Bound to loopback only, so that any other name in `Host` is a rebinding attack or a proxy nobody announced. */
  loopbackOnly: boolean;
}

type RequestHeaders = Pick<IncomingHttpHeaders, "host" | "origin">;

/** The guard that HTTP, polling and WebSocket share. Each answer is what is wrong, or `null`. */
export interface Admit {
  /** May this request be answered at all? CORS does not guard a WebSocket, so both sides ask here. */
  mayConnect(headers: RequestHeaders): Problem | null;
  /** May the bearer of this token act? */
  mayAct(token: string | undefined): Problem | null;
  /** May a page of this origin read the answer? */
  mayRead(origin: string): boolean;
}

export function createAdmit(rules: AdmitRules): Admit {
  return {
    mayConnect: (headers) => mayConnect(headers, rules),
    mayAct: (token) => mayAct(token, rules),
    mayRead: (origin) => isAllowedOrigin(origin, rules.allowOrigin),
  };
}

function mayConnect({ host = "", origin }: RequestHeaders, rules: AdmitRules): Problem | null {
  const named = rules.allowOrigin.some((allowed) => allowed === "*" || hostOf(allowed) === host);
  if (rules.loopbackOnly && !named && !isLoopbackHost(hostnameOf(host)))
    return problem("host-refused", { host });
  if (origin === undefined || hostOf(origin) === host) return null;
  return isAllowedOrigin(origin, rules.allowOrigin) ? null : problem("origin-refused", { origin });
}

function mayAct(token: string | undefined, rules: AdmitRules): Problem | null {
  if (rules.token === null) return null;
  if (token === undefined || token === "") return problem("not-allowed");
  return sameText(token, rules.token) ? null : problem("wrong-token");
}

function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  // The comparison itself must take as long for a wrong token as for a right one.
  return timingSafeEqual(left, left.length === right.length ? right : left) && left.length === right.length;
}

/** `host:port` of an origin, without a default port, as `Host` has it; `undefined` for what is no origin ("null"). */
function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host || undefined : undefined;
}

function hostnameOf(host: string): string {
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : host;
}
