import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";

/** By what Redis answers, or the connection to it. */
const KINDS = [
  ["group-not-admitted", /^(?:WRONGPASS|NOAUTH|NOPERM|ERR (?:AUTH|invalid password))/],
  ["group-not-written", /^(?:OOM|READONLY|MISCONF|NOREPLICAS)\b/],
  ["group-certificate", /certificate|altnames/],
] as const;
/** NOAUTH explains the protocol. */
const LONGEST = 120;

/** What is wrong with Redis, in words that say what to do about it. Pure. */
export function redisProblem(reason: string): Problem {
  const [code] = KINDS.find(([, said]) => said.test(reason)) ?? ["group-away" as const];
  const detail = reason.length > LONGEST ? `${reason.slice(0, LONGEST)}…` : reason;
  return problem(code, { detail });
}
