import { expect, test } from "vitest";
import { createTokenGuard } from "../../../../server/gateway/token-guard.ts";

const TOKEN = "the right token";
function start() {
  let nowMs = 0;
  const guard = createTokenGuard(TOKEN, () => nowMs);
  return {
    codeOf: (given: string, address = "10.0.0.1") => guard([given], address)?.code ?? "right",
    secondsOf: (given: string) => guard([given], "10.0.0.1")?.params.seconds,
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

test("SEC-4b after ten wrong tokens an address has to wait, with the right one too, and others need not", () => {
  const { codeOf, secondsOf, pass } = start();
  for (let i = 0; i < 10; i++) expect(codeOf(`guess ${i}`)).toBe("wrong-token");
  expect(codeOf("guess 10")).toBe("too-many-requests");
  expect(codeOf(TOKEN)).toBe("too-many-requests");
  expect(secondsOf(TOKEN)).toBe(10);
  expect(codeOf(TOKEN, "10.0.0.2")).toBe("right");
  pass(10_000);
  expect(codeOf(TOKEN)).toBe("right");
  expect(codeOf("guess 11")).toBe("wrong-token");
  expect(codeOf(TOKEN)).toBe("too-many-requests");
});

test("SEC-4 a hundred panels with the token of an earlier run guess once, and the right one is let in", () => {
  const { codeOf } = start();
  for (let i = 0; i < 100; i++) expect(codeOf("the token of yesterday")).toBe("wrong-token");
  expect(codeOf(TOKEN)).toBe("right");
});

test("SEC-4 in a day one address tries no more than a few thousand tokens", () => {
  const { codeOf, pass } = start();
  let tried = 0;
  for (let second = 0; second < 86_400; second++) {
    while (codeOf(`guess ${tried}`) === "wrong-token") tried++;
    pass(1000);
  }
  expect(tried).toBeLessThanOrEqual(10 + 8640);
});

test("SEC-4 of two tokens one that is right will do, and two that are wrong are two guesses", () => {
  const guard = createTokenGuard(TOKEN, () => 0);
  expect(guard(["a proxy's own", TOKEN], "10.0.0.1")).toBeNull();
  expect(guard([TOKEN, "a proxy's own"], "10.0.0.1")).toBeNull();
  for (let i = 0; i < 5; i++) expect(guard([`one ${i}`, `two ${i}`], "10.0.0.1")?.code).toBe("wrong-token");
  expect(guard(["one more"], "10.0.0.1")?.code).toBe("too-many-requests");
});
