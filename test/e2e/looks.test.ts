import { expect, test } from "vitest";
import { axeViolations } from "../helpers/browser.ts";
import { DRESSES_OF_NPM_TEST, everyViewIsSound, withThreeGpus } from "../helpers/every-view.ts";

const running = withThreeGpus();
const { browser, rig } = running;

everyViewIsSound(DRESSES_OF_NPM_TEST, running);

test("PNL-5 a failed release and a failed source have no axe violation either", async () => {
  const pages = await Promise.all(
    ["light", "dark"].map((theme) =>
      browser().open(`${rig().sidecar.url}?theme=${theme}`, { viewport: { width: 900, height: 900 } }),
    ),
  );
  const [first] = pages;
  await first?.getByRole("button", { name: "Release VRAM" }).click();
  await first?.getByRole("button", { name: "Release now" }).click();
  for (const page of pages) {
    await page
      .getByTestId("release-result")
      .getByText(/HTTP 500/)
      .waitFor();
    expect(await axeViolations(page)).toEqual([]);
  }
  rig().fake.set({ behaviour: { kind: "sentence", text: "No devices were found", exitCode: 6 } });
  for (const page of pages) {
    await page.getByText("nvidia-smi finds no GPU.").waitFor();
    expect(await axeViolations(page)).toEqual([]);
  }
});
