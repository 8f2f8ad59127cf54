import { expect, test } from "vitest";
import { releaseEn } from "../../../../client/i18n/release/en.ts";
import { outlookOf } from "../../../../client/panel/release/outlook.ts";
import { type ReleaseControl, selectBlockedBy } from "../../../../client/panel/release/use-release.ts";
import type { PanelState } from "../../../../client/store/panel-state.ts";
import { problem } from "../../../../shared/problems/make-problem.ts";
import { IDLE_RELEASE } from "../../../../shared/release/release.ts";
import { backendWith } from "../../../helpers/backend-with.ts";

const nothing = () => {};
const controlOf = (own: string | undefined): ReleaseControl => ({
  ...{ release: IDLE_RELEASE, releasing: false, enabled: true, blockedBy: null, own, missing: null },
  ...{ refusal: null, asking: false, mayCancel: false, showResult: false },
  ...{ ask: nothing, cancel: nothing, confirm: nothing, cancelWaiting: nothing, dismiss: nothing },
});
const holds = (id: string, usedMiB: number) =>
  backendWith({ id, reachable: true, busy: false, models: [{ name: "model", usedMiB }] });

test("HUB-3 REL-16 the page of an app estimates what a release of that app would bring, not of all", () => {
  const estimateFor = (own: string | undefined, gib = 4) =>
    outlookOf({
      control: controlOf(own),
      words: releaseEn,
      room: null,
      wordsOf: ({ message, advice = "" }) => ({ message, advice }),
      backends: [holds("mine", gib * 1024), holds("another", 20 * 1024)],
      found: [],
      gpus: [],
      capacity: null,
    }).estimate;
  expect(estimateFor(undefined)).toContain("24");
  expect(estimateFor("mine")).toContain("4.0");
  expect(estimateFor("mine", 152.2)).toContain("152 ");
});

test("REL-16b beside its dot the backend says what it does where nobody knows what a release would bring", () => {
  const dotOf = (words: typeof releaseEn | null) =>
    outlookOf({
      ...{ control: controlOf(undefined), words, room: null, found: [], gpus: [], capacity: null },
      wordsOf: ({ message, advice = "" }) => ({ message, advice }),
      backends: [holds("comfyui", 0)],
    }).dot;
  expect(dotOf(releaseEn)?.text).toMatch(/ idle$/);
  expect(dotOf(null)?.text).toBeNull();
});

test("REL-5c whether its viewer may release is said once the page is connected", () => {
  const saidWhile = (status: "connecting" | "live", code: "not-allowed" | "no-backend") => {
    const release = { allowed: false, problem: problem(code) };
    const state = { connection: { status }, known: { capabilities: { release } } };
    return selectBlockedBy(state as unknown as PanelState)?.code ?? null;
  };
  expect(saidWhile("connecting", "not-allowed")).toBeNull();
  expect(saidWhile("live", "not-allowed")).toBe("not-allowed");
  // Nobody may, whoever he is.
  expect(saidWhile("connecting", "no-backend")).toBe("no-backend");
});
