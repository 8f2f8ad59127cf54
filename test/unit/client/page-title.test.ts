import { expect, test } from "vitest";
import { titleOf } from "../../../client/embedding/page-title.ts";
import { applyEvent } from "../../../client/store/apply-event.ts";
import { INITIAL_STATE, type PanelState } from "../../../client/store/panel-state.ts";
import { BUILT_IN_PROFILES } from "../../../server/profiles/built-in-profiles.ts";
import { type Fits, UNKNOWN_PROMISE } from "../../../shared/protocol/state.ts";
import { titleFigures } from "../../../shared/protocol/title-figures.ts";
import { gpusAt, sidecar } from "./store/small-sidecar.ts";

const WORDS = { name: "GPU status", more: "{n} more", used: "{pct}%" };
const ALL = { gpus: null, profile: null };
const profiles = BUILT_IN_PROFILES.slice(0, 3);
/** Of each profile: 1, 2, 3 on the first GPU, one more on the second. */
const fits: Fits = Object.fromEntries(
  profiles.map(({ id }, i) => [
    id,
    {
      canStart: 2 * i + 3,
      gpus: [
        [i + 1, 0, 8000, 256, 0],
        [i + 2, 0, 8000, 256, 0],
      ],
    },
  ]),
);

function panel(): PanelState {
  const server = sidecar(1000);
  server.setGpus(["GPU-a", "GPU-b"]);
  server.sample();
  const event = server.hello(0);
  if (event.type !== "hello") throw new Error("hello expected");
  const { hello } = event;
  const state = { ...hello.state, promises: hello.state.gpus.map(() => UNKNOWN_PROMISE), fits };
  const live = applyEvent(INITIAL_STATE, { type: "connection", status: "live", problem: null });
  return applyEvent(live, { type: "hello", hello: { ...hello, profiles, state } });
}

test("PNL-9 the title says how many more may start and how much is in use, of the GPUs and the profile that are shown", () => {
  const gpus = gpusAt(1, ["GPU-a", "GPU-b"]);
  const [pct, ...canStart] = titleFigures(
    gpus,
    gpus.map(() => UNKNOWN_PROMISE),
    fits,
    profiles,
  );
  expect(titleOf(panel(), ALL, WORDS)).toBe(`${canStart[0]} more · ${pct}% · GPU status`);
  const second = profiles[1]?.id ?? "";
  expect(titleOf(panel(), { gpus: null, profile: second }, WORDS)).toBe(
    `${canStart[1]} more · ${pct}% · GPU status`,
  );
  expect(canStart).toEqual([3, 5, 7]);
  const [onePct] = titleFigures(gpus.slice(1), [UNKNOWN_PROMISE], fits, []);
  expect(titleOf(panel(), { gpus: [1], profile: null }, WORDS)).toBe(`2 more · ${onePct}% · GPU status`);
});

test("PNL-9 a hidden page says what it is told, and its own figures again when samples come", () => {
  const told = applyEvent(panel(), { type: "turn", sample: null, parts: { title: [93, 0, 7, null] } });
  expect(titleOf(told, ALL, WORDS)).toBe("0 more · 93% · GPU status");
  expect(titleOf(told, { gpus: null, profile: profiles[1]?.id ?? "" }, WORDS)).toBe(
    "7 more · 93% · GPU status",
  );
  // What is not known is left out; of some of the GPUs a hidden page is told nothing.
  expect(titleOf(told, { gpus: null, profile: profiles[2]?.id ?? "" }, WORDS)).toBe("93% · GPU status");
  expect(titleOf(told, { gpus: [1], profile: null }, WORDS)).toBe("GPU status");
  const sample = [2, 2000, ...Array.from({ length: 10 }, () => null)];
  const seen = applyEvent(told, { type: "turn", sample, parts: {} });
  expect(titleOf(seen, ALL, WORDS)).toBe("3 more · GPU status");
});

test("PNL-9b old figures stand in no title", () => {
  const offline = applyEvent(panel(), { type: "connection", status: "offline", problem: null });
  expect(titleOf(offline, ALL, WORDS)).toBe("GPU status");
  expect(titleOf(INITIAL_STATE, ALL, WORDS)).toBe("GPU status");
});
