import { expect, test } from "vitest";
import { axeViolations } from "../helpers/browser.ts";
import { inGallery } from "../helpers/in-gallery.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const show = inGallery();

test("GRP-11e of 64 hosts the rows near the screen are drawn; scrolling, the field and the keyboard reach the others", async () => {
  const page = await show({ state: "group-64", view: "full", width: 1000, height: 400 });
  const table = page.getByRole("table", { name: "Hosts of the group" });
  const rows = table.getByRole("row");
  const rowOf = (name: string) => rows.filter({ has: page.getByRole("link", { name, exact: true }) });
  const last = rowOf("node64");
  await rowOf("node1").waitFor();
  expect(await table.getAttribute("aria-rowcount")).toBe("65");
  await waitUntil(async () => (await rows.count()) < 50, { what: "those far below not to be drawn" });
  const heightOf = async () => (await table.boundingBox())?.height;
  const height = await heightOf();
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  await last.waitFor();
  expect([await last.getAttribute("aria-rowindex"), await heightOf()]).toEqual(["65", height]);
  // What has the focus stays while its row is out of sight.
  await last.getByRole("link").focus();
  await page.evaluate(() => scrollTo(0, 0));
  await rowOf("node1").waitFor();
  expect(await last.getByRole("link").evaluate((link) => link.matches(":focus"))).toBe(true);
  await page.getByRole("searchbox").fill("node33");
  await rowOf("node33").waitFor();
  expect(await rows.count()).toBe(2);
});

test("GRP-11f hosts are grouped by what can be done there, or by kind of GPU, below a head that counts them and what can start", async () => {
  const page = await show({ state: "group-64", view: "full", width: 1000, height: 400 });
  const heads = () => page.getByRole("rowheader").allTextContents();
  const group = page.getByRole("group", { name: "Group hosts by" });
  await group.getByRole("button", { name: "GPU" }).click();
  await page.getByRole("rowheader").first().waitFor();
  expect((await heads())[0]).toBe("H100 80GB HBM3: 48 hosts, 30 more can start");
  await group.getByRole("button", { name: "State" }).click();
  await page.getByText("Room for more: 13 hosts, 39 more can start").waitFor();
  expect((await heads()).slice(0, 2)).toEqual([
    "Room for more: 13 hosts, 39 more can start",
    "No room now: 50 hosts",
  ]);
  const table = page.getByRole("table", { name: "Hosts of the group" });
  expect(await table.getAttribute("aria-rowcount")).toBe("68");
  expect(await axeViolations(page)).toEqual([]);
});
