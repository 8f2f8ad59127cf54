import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { axeViolations } from "../helpers/browser.ts";
import { boxOf, LIFE, SLOTS_OF_NPM_TEST, slotsStayInPlace } from "../helpers/fixed-slots.ts";
import { inGallery, show } from "../helpers/in-gallery.ts";

const open = inGallery();

/**
 * Figures that are read out without a word or a unit in the same breath, and in no column that has a name. A
 * progress bar is read by its own name; the number of a GPU is the beginning of its section's.
 */
const namelessFigures = (page: Page) =>
  page.locator(".panel").evaluate((panel) => {
    const nameless: string[] = [];
    const walker = document.createTreeWalker(panel, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const text = (node.textContent ?? "").trim();
      let at = node.parentElement;
      if (!/\d/.test(text) || at === null || at.closest("[aria-hidden=true], svg, option, template"))
        continue;
      if (at.getClientRects().length === 0) continue;
      const cell = at.closest("[role=cell]");
      if (cell?.parentElement?.closest("[role=table]")) {
        const { className } = cell;
        const head = cell.closest("[role=table]")?.querySelector(`[role=columnheader].${className}`);
        if (head?.textContent !== "") continue;
      }
      while (at !== null && !at.hasAttribute("aria-label") && !/\p{L}{2}|°C/u.test(at.textContent ?? ""))
        at = at.parentElement;
      const names = at?.matches("section, [role=table], [role=rowgroup]") === true;
      if (names && !at?.ariaLabel?.startsWith(`GPU ${text} `)) nameless.push(text);
    }
    return nameless;
  });

describe("fixed slots", () => {
  slotsStayInPlace(SLOTS_OF_NPM_TEST, open);

  test("HND-30 HND-31 who may only look sees that the card is held, and no button", async () => {
    const page = await open({ state: "held", view: "full", width: 1280 });
    const line = page.getByTestId("handover");
    await line.getByRole("button", { name: "End hold", exact: true }).waitFor();
    await show(page, "held-read-only");
    await line.getByText("Held: nobody is let in").waitFor();
    expect(await line.getByRole("button").count()).toBe(0);
    await page.getByRole("button", { name: "Settings" }).click();
    await page.getByText("Redraw").waitFor();
    expect(await page.getByRole("button", { name: /hold/i }).count()).toBe(0);
  });

  test("PNL-30b 2, 8, 16 GPUs at 1280 × 900: every one, the answer and the button are above the fold", async () => {
    const page = await open({ state: "gpus-2", view: "full", width: 1280 });
    for (const [state, end] of [
      ["gpus-2", 338],
      ["gpus-8", 530],
      ["gpus-16", 690],
    ] as const) {
      await show(page, state, true);
      await page.getByRole("rowgroup").last().waitFor();
      const [, y = 0, , height = 0] = await boxOf(
        page,
        '[role="table"]:last-child [role="rowgroup"]:last-child',
      );
      expect(Math.abs(y + height - end), state).toBeLessThanOrEqual(4);
      for (const selector of [".ans", ".rel"]) {
        const [, top = 0, , high = 0] = await boxOf(page, selector);
        expect(top + high, state).toBeLessThan(900);
      }
      expect([state, await boxOf(page, ".hd")]).toEqual([state, [24, 0, 1232, 48]]);
      expect([state, (await boxOf(page, ".card"))[3]]).toEqual([state, 158]);
      expect([state, (await boxOf(page, ".rel")).slice(2)]).toEqual([state, [264, 40]]);
    }
  });

  test("PNL-30c the compact view is as high as its GPUs, the bar always a line", async () => {
    const page = await open({ state: "gpus-1", view: "compact", width: 300 });
    const bar = await open({ state: "gpus-1", view: "bar", width: 1200 });
    for (const [state, high] of [
      ["gpus-1", 194],
      ["gpus-2", 232],
      ["gpus-8", 348],
    ] as const) {
      await show(page, state, true);
      const [, , , height = 0] = await boxOf(page, ".panel");
      expect(Math.abs(height - high), state).toBeLessThanOrEqual(4);
      await show(bar, state, true);
      expect([state, (await boxOf(bar, ".panel"))[3]]).toEqual([state, 32]);
    }
  });
});

test.each([
  ["gpus-1", 1],
  ["gpus-8", 8],
])("PNL-30e the place of as many GPUs as were shown last is kept: %s", async (state, expected) => {
  for (const [view, width] of [
    ["full", 1280],
    ["compact", 300],
  ] as const) {
    const page = await open({ state: "skeleton", view, width, expected });
    const before = [await boxOf(page, ".rel"), await boxOf(page, view === "full" ? ".gpus" : ".rows")];
    await show(page, state);
    const after = [await boxOf(page, ".rel"), await boxOf(page, view === "full" ? ".gpus" : ".rows")];
    expect([view, ...after]).toEqual([view, ...before]);
  }
});

test.each([
  { view: "bar", width: 320, lang: "en" },
  { view: "bar", width: 320, lang: "zh-CN" },
  { view: "compact", width: 200, lang: "en" },
  { view: "full", width: 200, lang: "en" },
  { view: "full", width: 800, lang: "en" },
])("PNL-30g the words of the Release button are whole: $view, $width px, $lang", async (look) => {
  const page = await open({ ...look, state: LIFE[0], picture: true });
  for (const state of LIFE) {
    await show(page, state);
    const cut = await page.locator(".rel").evaluate((button) => {
      const outer = button.getBoundingClientRect();
      // What a font keeps above and below its letters.
      const LEADING = 2;
      return [...button.querySelectorAll(".cut")].flatMap((word) => {
        const range = document.createRange();
        range.selectNodeContents(word);
        const { left, right, top, bottom } = range.getBoundingClientRect();
        const whole =
          left >= outer.left &&
          right <= outer.right &&
          top >= outer.top - LEADING &&
          bottom <= outer.bottom + LEADING;
        return whole && word.scrollWidth <= word.clientWidth ? [] : [word.textContent];
      });
    });
    expect([state, cut]).toEqual([state, []]);
  }
});

test.each([700, 800, 1080, 1280])(
  "PNL-30h PNL-30i the answer's last line is whole while nothing fits, and so are the GiB of all GPUs: %d px",
  async (width) => {
    const cutOf = (page: Page, selector: string) =>
      page
        .locator(selector)
        .evaluateAll((parts) =>
          parts.flatMap((part) => (part.scrollWidth > part.clientWidth ? [part.textContent] : [])),
        );
    for (const lang of ["en", "zh-CN"]) {
      const page = await open({ view: "full", width, lang, state: "full", picture: true });
      expect([lang, await cutOf(page, ".room .r4 .cut")]).toEqual([lang, []]);
      for (const state of ["gpus-64", "long-names"]) {
        await show(page, state);
        expect([lang, state, await cutOf(page, ".vram .fig")]).toEqual([lang, state, []]);
      }
    }
  },
);

describe("what is on it", () => {
  test.each([
    ["full", 1280, 95],
    ["compact", 300, 35],
    ["bar", 1200, 15],
  ])("PNL-30d few words: the %s view of two GPUs", async (view, width, most) => {
    const page = await open({ state: "gpus-2", view, width });
    await page.locator(".est").waitFor({ state: "attached" });
    // Words that are seen: not those for who hears them.
    const words = await page.locator(".panel").evaluate((panel) => {
      const seen: string[] = [];
      const walker = document.createTreeWalker(panel, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
        const around = node.parentElement;
        if (around === null || around.closest(".spoken-only, option, template, svg") !== null) continue;
        if (around.getClientRects().length > 0) seen.push(...(node.textContent ?? "").split(/\s+/));
      }
      return seen.filter((word) => /[A-Za-z]{2,}/.test(word));
    });
    expect(words.length, words.join(" ")).toBeLessThanOrEqual(most);
  });

  test.each([
    [
      "full",
      [
        [1280, "gpus-2"],
        [320, "gpus-8"],
      ],
    ],
    [
      "compact",
      [
        [300, "gpus-2"],
        [200, "gpus-2"],
        [200, "gpus-8"],
      ],
    ],
    [
      "bar",
      [
        [1200, "gpus-2"],
        [500, "gpus-2"],
        [1200, "gpus-8"],
      ],
    ],
  ] satisfies [string, [number, string][]][])(
    "PNL-33 every figure that is read out has a name: %s",
    async (view, machines) => {
      const page = await open({ state: "gpus-2", view, width: 1280 });
      for (const [width, state] of machines) {
        await page.setViewportSize({ width, height: 900 });
        await show(page, state, true);
        // The chart comes last, with names at its lines.
        if (view === "full") await page.locator(".chart-ends span").first().waitFor({ state: "attached" });
        expect([width, state, await namelessFigures(page)]).toEqual([width, state, []]);
      }
    },
  );

  test("PNL-5 no driver, the demo, long names: no axe violation", async () => {
    const page = await open({ state: "no-driver", view: "full", width: 1280 });
    for (const state of ["no-driver", "demo", "long-names"]) {
      await show(page, state, true);
      expect([state, await axeViolations(page)]).toEqual([state, []]);
    }
  });
});

test("PNL-7d a card that tells nothing has words in place of a chart", async () => {
  const page = await open({ state: "failed", view: "full", width: 1280 });
  await page.getByText("No figures of this in the stretch shown").waitFor();
  await page.getByRole("button", { name: "Temp" }).click();
  await page.getByText("No figures of this in the stretch shown").waitFor();
  expect(await page.locator(".recharts-surface").count()).toBe(0);
});

test("PNL-31 PNL-31b keys work while the focus is in the panel, and nothing acts at once", async () => {
  const page = await open({ state: "gpus-2", view: "full", width: 1280 });
  await page.keyboard.press("r");
  expect(await page.getByRole("dialog").count()).toBe(0);
  await page.getByRole("button", { name: "Why?" }).focus();
  await page.keyboard.press("2");
  await page.getByRole("rowgroup").nth(1).getByRole("table").waitFor();
  await page.keyboard.press("r");
  // The question, with the gentlest way in focus; Escape takes it back and the focus to the button.
  const gentle = page.getByRole("button", { name: "Release after the job" });
  await expect.poll(() => gentle.evaluate((button) => button.matches(":focus"))).toBe(true);
  await page.keyboard.press("Escape");
  await gentle.waitFor({ state: "detached" });
  await page.keyboard.press("?");
  await page
    .getByRole("dialog", { name: "Settings" })
    .getByText('<iframe src="http://localhost:7870/embed')
    .waitFor();
});
