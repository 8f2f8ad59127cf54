import type { Page } from "playwright-core";
import type { TestBrowser } from "./browser.ts";
import type { Rig } from "./rig.ts";

/** Opens a page and keeps count of its WebSockets that really carried something. */
export async function openCounting(
  browser: Pick<TestBrowser, "openForeign">,
  url: string,
): Promise<{ page: Page; carried: () => number; logged: string[] }> {
  const { page, logged } = await browser.openForeign("about:blank", { ignoreHTTPSErrors: true });
  let frames = 0;
  page.on("websocket", (socket) => socket.on("framereceived", () => void frames++));
  await page.goto(url);
  return { page, carried: () => frames, logged };
}

/** A change of VRAM arrives on the page. */
export async function expectLive(page: Page, { fake }: Rig, usedMiB: number) {
  await page
    .getByTestId("status")
    .first()
    .getByText(/Live|Demo/)
    .waitFor();
  fake.setGpu(0, { "memory.used": usedMiB });
  await page
    .getByText((usedMiB / 1024).toFixed(1))
    .first()
    .waitFor();
}
