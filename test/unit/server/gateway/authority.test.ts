import { expect, test } from "vitest";
import { composeAuthority } from "../../../../server/compose/authority.ts";

const tokenOf = (host: string, mounted = false, token?: string) =>
  composeAuthority({ host, token, allowOrigin: [] }, { mounted, url: null }).token;

test("SEC-9c bound to more than loopback a token is made, another one each time, unless one was given", () => {
  expect(["127.0.0.1", "::1", "localhost"].map((host) => tokenOf(host))).toEqual([null, null, null]);
  const made = ["0.0.0.0", "192.168.1.2"].map((host) => tokenOf(host));
  for (const token of made) expect(token).toMatch(/^[\w-]{20,}$/);
  expect(new Set(made).size).toBe(2);
  expect(tokenOf("0.0.0.0", false, "mine")).toBe("mine");
  // A host's server may be bound to anything: its visitors have no link with a token.
  expect(tokenOf("0.0.0.0", true)).toBeNull();
});
