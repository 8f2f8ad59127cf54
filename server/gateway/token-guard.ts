import { createHash, timingSafeEqual } from "node:crypto";
import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import { createRateLimiter } from "../lib/rate-limiter.ts";
import { tooManyRequests } from "./too-many-requests.ts";

/** What is wrong with these tokens from this address, or `null` when one of them is the right one. */
export type TokenGuard = (given: readonly string[], addressKey: string) => Problem | null;

/** Ten wrong tokens at once, then one in ten seconds: a token of eight characters outlasts its guesser. */
const GUESSES = { burst: 10, perSecond: 0.1 };
const MOST_ADDRESSES = 4096;
const MOST_WRONG_TOKENS = 1024;

/**
 * Compares tokens, and counts the wrong ones. While an address has to wait, the right token is refused too:
 * an answer would tell it apart. The same wrong token is one guess however often it comes: panels
 * that come back with the token of an earlier run all have the same one.
 */
export function createTokenGuard(token: string, nowMs: () => number): TokenGuard {
  const right = digest(token);
  const guesses = createRateLimiter(GUESSES, MOST_ADDRESSES);
  const wrong = new Set<string>();

  return (given, addressKey) => {
    const wait = guesses.waitMs(addressKey, nowMs());
    if (wait > 0) return tooManyRequests(wait);
    const digests = given.map(digest);
    // Digests have one length, so that the comparison tells nothing about the token's either.
    if (digests.some((got) => timingSafeEqual(got, right))) return null;
    for (const got of digests) countWrong(got.toString("base64"), addressKey);
    return problem("wrong-token");
  };

  function countWrong(name: string, addressKey: string) {
    if (!wrong.delete(name)) guesses.take(addressKey, nowMs());
    wrong.add(name);
    const [oldest] = wrong;
    if (wrong.size > MOST_WRONG_TOKENS && oldest !== undefined) wrong.delete(oldest);
  }
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
