import type { FrameLocator, Locator, Page } from "playwright-core";

type Place = Page | FrameLocator;

/** A GPU's row in the full view, with what it holds when it is opened. */
export const rowOf = (page: Place, index: number): Locator =>
  page.locator(`[role="rowgroup"][aria-label^="GPU ${index} "]`);

/** Opens a GPU's row. */
export const openRow = (page: Place, index: number) =>
  page.getByRole("button", { name: new RegExp(`^(Details of GPU ${index}|GPU ${index} 的详情)$`) }).click();

/** Opens what the recommendation rests on. */
export const openWhy = (page: Place) => page.getByRole("button", { name: /^(Why\?|怎么算的？)$/ }).click();

/** Opens what a release has to tell beyond a line. */
export const openDetails = (page: Place) => page.getByRole("button", { name: /^(Details|详情)$/ }).click();

/** The button; its name goes on with what a release will bring. */
export const releaseButton = (page: Place) => page.getByRole("button", { name: /Release VRAM|释放显存/ });

/** The measured result, or what went wrong. */
export const releaseResult = (page: Place) => page.getByTestId("release-result");

export async function pressRelease(page: Place) {
  await releaseButton(page).click();
  await page.getByRole("button", { name: /^(Release now|立即释放)$/ }).click();
}
