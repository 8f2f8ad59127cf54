import { expect, test } from "vitest";
import { selectMayAdopt } from "../../../../client/panel/release/offers.ts";
import { applyEvent } from "../../../../client/store/apply-event.ts";
import { INITIAL_STATE } from "../../../../client/store/panel-state.ts";
import { problem } from "../../../../shared/problems/make-problem.ts";
import type { Hello } from "../../../../shared/protocol/messages.ts";
import { sidecar } from "../store/small-sidecar.ts";

const mayAdopt = (release: Hello["capabilities"]["release"]) => {
  const event = sidecar(1000).hello(0);
  if (event.type !== "hello") throw new Error("hello expected");
  const hello = { ...event.hello, capabilities: { release } };
  const live = applyEvent(INITIAL_STATE, { type: "connection", status: "live", problem: null });
  return selectMayAdopt(applyEvent(live, { type: "hello", hello }));
};

test("FND-4b what was found is offered to who may act, and not on the page of one app", () => {
  const nothing = problem("no-backend");
  expect(mayAdopt({ allowed: true, problem: null })).toBe(true);
  expect(mayAdopt({ allowed: false, problem: nothing })).toBe(true);
  expect(mayAdopt({ allowed: false, problem: problem("not-allowed") })).toBe(false);
  expect(mayAdopt({ allowed: true, problem: null, own: "app" })).toBe(false);
  expect(mayAdopt({ allowed: false, problem: nothing, own: "app" })).toBe(false);
});
