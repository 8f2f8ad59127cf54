import fc from "fast-check";
import { expect, test } from "vitest";
import { addressKey } from "../../../../server/lib/address-key.ts";
import { createRateLimiter } from "../../../../server/lib/rate-limiter.ts";

const RATE = { burst: 3, perSecond: 1 };

test("SEC-4 each key has a bucket of its own, and looking takes nothing", () => {
  const limiter = createRateLimiter(RATE, 100);
  for (let i = 0; i < 3; i++) expect(limiter.take("a", 0)).toBe(0);
  expect(limiter.take("a", 0)).toBe(1000);
  expect([limiter.waitMs("a", 0), limiter.waitMs("a", 400), limiter.waitMs("b", 0)]).toEqual([1000, 600, 0]);
  expect(limiter.take("b", 0)).toBe(0);
  expect(limiter.take("a", 1000)).toBe(0);
});

test("SEC-4c a hundred thousand addresses take no more memory than the most that are remembered", () => {
  const limiter = createRateLimiter(RATE, 1000);
  for (let i = 0; i < 100_000; i++) limiter.take(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, i);
  expect(limiter.size).toBeLessThanOrEqual(1000);
});

test("SEC-4c those that are full again are forgotten before those that have to wait", () => {
  const limiter = createRateLimiter(RATE, 10);
  for (let i = 0; i < 10; i++) limiter.take(`quiet ${i}`, 0);
  for (let i = 0; i < 3; i++) limiter.take("loud", 5000);
  expect(limiter.size).toBe(1);
  expect(limiter.waitMs("loud", 5000)).toBe(1000);
});

test("SEC-4 one machine is one caller, however its address is written", () => {
  expect(addressKey("::ffff:10.0.0.1")).toBe(addressKey("10.0.0.1"));
  expect(addressKey("2001:db8:1:2::1")).toBe(addressKey("2001:0DB8:0001:0002:ffff:1:2:3"));
  expect(addressKey("2001:db8:1:2::1")).not.toBe(addressKey("2001:db8:1:3::1"));
  expect(addressKey("fe80::1%eth0")).toBe(addressKey("fe80::2%eth1"));
  expect([addressKey("::1"), addressKey(undefined)]).toEqual(["127.0.0.1", "unknown"]);
  fc.assert(
    fc.property(fc.ipV6(), (address) => {
      const short = new URL(`http://[${address}]`).hostname.slice(1, -1);
      // This machine and IPv4 addresses, seen above, are no /64.
      fc.pre(short !== "::1" && !short.startsWith("::ffff:"));
      const key = addressKey(address);
      expect(key.split(":")).toHaveLength(4);
      expect(addressKey(short)).toBe(key);
    }),
  );
});
