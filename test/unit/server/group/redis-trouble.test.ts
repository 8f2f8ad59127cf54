import { expect, test } from "vitest";
import { redisProblem } from "../../../../server/group/redis-trouble.ts";

test.each([
  ["OOM command not allowed when used memory > 'maxmemory'.", "group-not-written"],
  ["READONLY You can't write against a read only replica.", "group-not-written"],
  ["MISCONF Redis is configured to save RDB snapshots, but it's currently unable to", "group-not-written"],
  ["WRONGPASS invalid username-password pair or user is disabled.", "group-not-admitted"],
  ["NOAUTH HELLO must be called with the client already authenticated", "group-not-admitted"],
  ["NOPERM this user has no permissions to run the 'xadd' command", "group-not-admitted"],
  ["self-signed certificate", "group-certificate"],
  ["unable to verify the first certificate", "group-certificate"],
  ["Hostname/IP does not match certificate's altnames: Host: redis.lab.", "group-certificate"],
  ["connect ECONNREFUSED 127.0.0.1:6379", "group-away"],
  ["WRONGTYPE Operation against a key holding the wrong kind of value", "group-away"],
])("%s: %s", (said, code) => {
  const { code: told, message } = redisProblem(said);
  expect([told, message.includes(said)]).toEqual([code, true]);
});

test("a long answer is cut", () => {
  expect(redisProblem(`NOAUTH ${"x".repeat(500)}`).message.length).toBeLessThan(250);
});
