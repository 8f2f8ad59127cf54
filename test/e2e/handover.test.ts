import { expect, test } from "vitest";
import { startHandover } from "../helpers/handover-rig.ts";
import { inBrowser } from "../helpers/in-browser.ts";

const { browser } = inBrowser();
const LONG_MS = 120_000;

test(
  "HND-30 HND-31 the panel counts down who leaves, “Not now” puts it off; the card is held and given back",
  async () => {
    const { rig, llm, jobs, handover, acts } = await startHandover({ releaseOnRequest: ["llm"] });
    const page = await browser.open(rig.sidecar.url);
    const line = page.getByTestId("handover");
    const button = (name: string) => page.getByRole("button", { name, exact: true });

    await page.getByRole("progressbar").first().waitFor();
    const waits = await jobs.ask({ peakMiB: 18_000, label: "clip", ttlSeconds: 600 });
    expect(waits.status).toBe(202);
    await line.getByText("llm leaves for clip", { exact: true }).waitFor({ timeout: LONG_MS });
    await line.getByText(/^in \d+ s$/).waitFor();
    await button("Not now").click();
    await line.waitFor({ state: "detached" });
    expect([await acts(), llm.heldMiB()]).toEqual([[], 14_000]);

    await button("Settings").click();
    await button("Hold the card").click();
    await page.getByRole("dialog").getByText("Held: nobody is let in. It ends in").waitFor();
    expect((await handover()).hold).toMatchObject({ by: "127.0.0.1", active: true });
    await page.keyboard.press("Escape");
    await line.getByRole("button", { name: "End hold", exact: true }).click();
    await line.waitFor({ state: "detached" });
    expect((await handover()).hold).toBe(null);

    expect(await acts()).toEqual([]);
  },
  LONG_MS,
);
