import { expect, test } from "vitest";
import { limitEvents, limitPackets } from "../../../../server/gateway/flood.ts";

test("SEC-4 events beyond the limit are answered with how long to wait, and do not run", () => {
  let nowMs = 0;
  const limit = limitEvents(() => nowMs);
  let ran = 0;
  const answers: unknown[] = [];
  const send = (...event: unknown[]) => limit(event, () => ran++);
  for (let i = 0; i < 25; i++) send("watch", (reply: unknown) => answers.push(reply));
  expect(ran).toBe(20);
  expect(answers).toHaveLength(5);
  expect(answers[0]).toMatchObject({ ok: false, code: "too-many-requests", params: { seconds: 1 } });
  send("release", { without: "an acknowledgement" });
  send();
  nowMs = 1000;
  send("watch");
  expect(ran).toBe(21);
});

test("SEC-4 a panel that is hidden and shown every few seconds for hours is never limited", () => {
  let nowMs = 0;
  const limit = limitEvents(() => nowMs);
  let ran = 0;
  let packets = 0;
  let listener = () => {};
  let closed = false;
  const connection = {
    on: (_: "packet", given: () => void) => {
      listener = given;
    },
    close: () => {
      closed = true;
    },
  };
  limitPackets(connection, () => nowMs);
  for (; packets < 10_000; packets += 2, nowMs += 3000) {
    for (const event of ["watch", "resume"]) {
      listener();
      limit([event, () => {}], () => ran++);
    }
  }
  expect([ran, closed]).toEqual([packets, false]);
  for (let i = 0; i < 200; i++) listener();
  expect(closed).toBe(true);
});
