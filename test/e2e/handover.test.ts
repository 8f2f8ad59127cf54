import { expect, test } from "vitest";
import { startHandover } from "../helpers/handover-rig.ts";
import { inBrowser } from "../helpers/in-browser.ts";
import { TIME_SCALE } from "../helpers/sidecar.ts";

const { browser } = inBrowser();
const LONG_MS = 120_000;

test(
  "HND-30 HND-31 the panel counts down who leaves, “Not now” puts it off; the card is held and given back",
  async () => {
    const { rig, llm, jobs, handover, acts } = await startHandover(
      { releaseOnRequest: ["llm"] },
      // A fifth of the ten seconds of notice are over before a busy machine has clicked.
      { env: { [TIME_SCALE]: "1" } },
    );
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

test(
  "HND-41 who lives on the card and who leaves it when is set in the panel, marked where it goes before the config file, and taken back",
  async () => {
    const { rig, handover } = await startHandover({ minTurnSeconds: 30, idleReleaseMinutes: { render: 5 } });
    const page = await browser.open(rig.sidecar.url);
    const settings = page.getByRole("dialog");
    const home = settings.getByLabel("At home on the card");
    const render = settings.getByLabel("render leaves when idle for");
    const open = () => page.getByRole("button", { name: "Settings", exact: true }).click();

    await open();
    await home.selectOption("llm");
    await settings.getByText("Set here; otherwise: Nobody").waitFor();
    expect((await handover()).home).toBe("llm");
    await settings.getByLabel("Others keep the card at least").fill("45");
    await render.fill("");
    await render.press("Enter");
    await settings.getByText("Set here; otherwise: 5 min").waitFor();
    await settings.getByText("Set here; otherwise: 30 s").waitFor();

    await page.reload();
    await open();
    expect([await home.inputValue(), await render.inputValue()]).toEqual(["llm", ""]);
    await settings.getByRole("button", { name: "Reset", exact: true }).first().click();
    await settings.getByText("Set here; otherwise: Nobody").waitFor({ state: "detached" });
    expect((await handover()).home).toBe(null);
  },
  LONG_MS,
);
