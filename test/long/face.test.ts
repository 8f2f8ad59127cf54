import { describe, expect, inject, test } from "vitest";
import { STATES } from "../gallery/states.ts";
import { axeViolations } from "../helpers/browser.ts";
import { OTHER_SLOTS, slotsStayInPlace } from "../helpers/fixed-slots.ts";
import { inGallery, overflowOf, show } from "../helpers/in-gallery.ts";

const open = inGallery();
slotsStayInPlace(OTHER_SLOTS, open);

const WIDTHS = [180, 260, 320, 480, 800, 1280, 1600, 2560];
/** In the short form each view in one language. */
const LANGUAGES = inject("runs") > 3 ? ["en", "zh-CN"] : ["zh-CN"];
const looks = ["full", "compact", "bar"].flatMap((view) =>
  LANGUAGES.map((lang) => ({ view, lang, theme: lang === "en" ? "light" : "dark" })),
);

describe.each(looks)("view $view, $lang, $theme", (look) => {
  test("PNL-5 PNL-30c no state is wider than its place, from 180 px to 2560, and the bar is always a line", async () => {
    const page = await open({ ...look, state: "gpus-2", width: 1280 });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      for (const state of Object.keys(STATES)) {
        await show(page, state);
        expect([width, state, await overflowOf(page)]).toEqual([width, state, 0]);
        if (look.view !== "bar") continue;
        const box = await page.locator(".panel").boundingBox();
        expect([width, state, box?.height]).toEqual([width, state, 32]);
      }
    }
  }, 600_000);

  test("PNL-5 no state has an axe violation", async () => {
    const page = await open({ ...look, state: "gpus-2", width: 1280 });
    for (const state of Object.keys(STATES)) {
      await show(page, state);
      expect([state, await axeViolations(page)]).toEqual([state, []]);
    }
  }, 600_000);
});
