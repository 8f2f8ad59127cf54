import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import { hostnameOf, isAllowedOrigin, isLoopbackHost, isOrigin } from "../../shared/protocol/origins.ts";
import { addressKey } from "../lib/address-key.ts";
import { bearerOf } from "../lib/bearer.ts";
import { steadyMs } from "../lib/clock.ts";
import { createRateLimiter } from "../lib/rate-limiter.ts";
import type { Caller } from "./caller.ts";
import { createSignatureCheck, type Signature, signatureOf } from "./signature.ts";
import { createTokenGuard } from "./token-guard.ts";
import { tooManyRequests } from "./too-many-requests.ts";

/** Who may see and who may act. */
export interface AdmitRules {
  /** Origins beyond the loopback ones. */
  allowOrigin: readonly string[];
  /** Needed to act; `null`: only those on this machine may, who come through no proxy. */
  token: string | null;
  /** The group whose hosts pass requests on, and what it calls this one; `null`: nobody does. */
  group?: { secret: string; host: string } | null;
  /** Bound to loopback only, so that any other name in `Host` is a rebinding attack or a proxy nobody announced. */
  loopbackOnly: boolean;
}

type RequestHeaders = Pick<IncomingHttpHeaders, "host" | "origin">;

/**
 * The guard that HTTP, polling and WebSocket share. Each answer is what is wrong, or `null`.
 * `address` is the connection's own, never what a header claims.
 */
export interface Admit {
  /** May this request be answered at all? CORS does not guard a WebSocket, so both sides ask here. */
  mayConnect(headers: RequestHeaders): Problem | null;
  /** The token that a request bears or was signed with; to be asked for once, as a signature counts once. */
  tokenOf(request: IncomingMessage): string | undefined;
  /** May the bearer of these tokens act? One that is right will do; a wrong one counts as a guess. */
  mayAct(tokens: readonly (string | undefined)[], caller: Caller): Problem | null;
  /** May this address send one more request that acts, whatever comes of it? */
  mayAsk(address: string | undefined, token: string | undefined): Problem | null;
  /** May this address open one more connection with a token that is not accepted? */
  mayKnock(address: string | undefined): Problem | null;
  /** May a page of this origin read the answer? */
  mayRead(origin: string): boolean;
}

/** Scripts act by HTTP, panels by their socket: hundreds of jobs may be asked for at once, and each sends heartbeats. */
const ACTING_REQUESTS = { burst: 300, perSecond: 20 };
/** A hundred panels that come back with an old token, behind one proxy, are let in at once. */
const REFUSED_TOKENS = { burst: 200, perSecond: 10 };
const MOST_ADDRESSES = 4096;
/** Endings of names that nobody can register, and thus nobody can rebind to this machine. */
const PRIVATE_NAME = /\.(?:local|lan|internal|localdomain|home\.arpa)$/;

/** @param nowMs a clock that does not go back */
export function createAdmit(rules: AdmitRules, nowMs = steadyMs): Admit {
  const guard = rules.token === null ? null : createTokenGuard(rules.token, nowMs);
  const signerOf = rules.token === null ? null : createSignatureCheck(rules.token);
  const group = rules.group ?? null;
  const groupOf = group === null ? null : createSignatureCheck(group.secret);
  /** What a request of the group bears in place of a token; nobody outside can know it. */
  const ofGroup = `group ${randomUUID()}`;

  /** What the signature shows: by the token, or by the group for this very host. */
  function shownBy(signature: Signature): string | undefined {
    if (signature.host === null) return signerOf?.(signature);
    if (group === null || signature.host !== group.host) return `for another host: ${signature.mac}`;
    const shown = groupOf?.(signature);
    return shown === group.secret ? ofGroup : shown;
  }

  const acting = createRateLimiter(ACTING_REQUESTS, MOST_ADDRESSES);
  const knocking = createRateLimiter(REFUSED_TOKENS, MOST_ADDRESSES);
  const takeFrom = (limiter: typeof acting, address: string | undefined) => {
    const wait = limiter.take(addressKey(address), nowMs());
    return wait === 0 ? null : tooManyRequests(wait);
  };
  return {
    mayConnect: (headers) => mayConnect(headers, rules),
    tokenOf(request) {
      const signature = signatureOf(request);
      return signature === null ? bearerOf(request.headers) : shownBy(signature);
    },
    mayAct(tokens, { address, isDirect }) {
      if (group !== null && tokens.includes(ofGroup)) return null;
      if (guard === null) return isDirect ? null : problem("not-direct");
      const given = tokens.flatMap((token) => token || []);
      // Whoever guesses through a proxy must not shut out the jobs of this machine.
      const from = isDirect ? addressKey(address) : `${addressKey(address)}, passed on`;
      return given.length === 0 ? problem("not-allowed") : guard(given, from);
    },
    // Whoever asked another host of the group was counted there.
    mayAsk: (address, token) => (token === ofGroup ? null : takeFrom(acting, address)),
    mayKnock: (address) => takeFrom(knocking, address),
    mayRead: (origin) => isAllowedOrigin(origin, rules.allowOrigin),
  };
}

function mayConnect({ host, origin }: RequestHeaders, rules: AdmitRules): Problem | null {
  const named = rules.allowOrigin.some((allowed) => allowed === "*" || hostOf(allowed) === host);
  if (!named && !mayBeCalled(host, rules)) return problem("host-refused", { host: host ?? "" });
  if (origin === undefined || (isOrigin(origin) && hostOf(origin) === host)) return null;
  return isAllowedOrigin(origin, rules.allowOrigin) ? null : problem("origin-refused", { origin });
}

/**
 * May the sidecar be called by this name? An attacker can only rebind a name that he has registered: never an address,
 * a name without a dot or one of a private network.
 */
function mayBeCalled(host: string | undefined, { loopbackOnly }: AdmitRules): boolean {
  // Every browser sends it; a probe of a load balancer may not.
  if (host === undefined) return !loopbackOnly;
  const name = hostnameOf(host);
  if (name === null) return false;
  if (isLoopbackHost(name)) return true;
  if (loopbackOnly) return false;
  return isIP(name.replace(/^\[|\]$/g, "")) !== 0 || !name.includes(".") || PRIVATE_NAME.test(name);
}

/** `host:port` of an origin, without a default port, as `Host` has it; `undefined` for what is no origin ("null"). */
function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host || undefined : undefined;
}
