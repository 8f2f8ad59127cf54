import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { inBrowser } from "../helpers/in-browser.ts";
import { releaseButton, rowOf } from "../helpers/on-panel.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const { browser, start } = inBrowser();

const CONNECTION = /\/live-source[^/]*\.js$/;
const script = { gpus: [fakeGpu(0, { "memory.total": 24_564, "memory.used": 12_345 })] };
const status = (page: Page) => page.getByTestId("status");

test("PNL-1b the first figures stand there before the connection is loaded, and the button waits for it", async () => {
  const { sidecar } = await start({ script });
  // Before its first sample it has no figures to give.
  await waitUntil(async () => (await fetch(`${sidecar.url}healthz`)).ok, { what: "samples" });
  let letThrough = () => {};
  const held = new Promise<void>((resolve) => {
    letThrough = resolve;
  });
  const page = await browser.open(sidecar.url, {}, async (opened) => {
    await opened.route(CONNECTION, async (route) => {
      await held;
      await route.continue();
    });
  });
  await rowOf(page, 0).getByText("12.1 / 24").waitFor();
  expect(await status(page).innerText()).toBe("Reading…");
  expect(await page.locator(".panel").getAttribute("data-fresh")).toBe("true");
  expect(await releaseButton(page).isDisabled()).toBe(true);
  letThrough();
  await status(page).getByText("Live").waitFor();
  await expect.poll(() => releaseButton(page).isDisabled()).toBe(false);
});

test("PNL-1c a sidecar whose first answer or whose script for the connection is lost is connected to all the same", async () => {
  const { sidecar } = await start({ script });
  const noState = await browser.openForeign(sidecar.url, {}, async (page) => {
    await page.route("**/api/v1/state?*", (route) =>
      route.fulfill({ status: 502, body: "<h1>Bad gateway</h1>" }),
    );
  });
  await status(noState.page).getByText("Live").waitFor();

  let isLost = true;
  const noScript = await browser.openForeign(sidecar.url, {}, async (page) => {
    await page.route(CONNECTION, (route) => (isLost ? route.abort() : route.continue()));
  });
  await status(noScript.page).getByText("Reconnecting…").waitFor();
  await rowOf(noScript.page, 0).getByText("12.1 / 24").waitFor();
  isLost = false;
  await status(noScript.page).getByText("Live").waitFor();
});
