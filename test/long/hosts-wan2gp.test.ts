import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { afterEach, expect, test } from "vitest";
import { jobSchema } from "../../shared/jobs/job.ts";
import { inBrowser } from "../helpers/in-browser.ts";
import { isPanelUp, type PythonHost, startPythonHost } from "../helpers/python-host.ts";
import { readmeSnippets } from "../helpers/readme-snippets.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const FAKE = fileURLToPath(new URL("../fixtures/hosts/wan2gp", import.meta.url));
const { browser } = inBrowser();
const readme = readmeSnippets("integrations/wan2gp/README.md");
const [link, startWan2gp] = readme.takeAll("sh").map(({ code }) => code);
let host: PythonHost | undefined;
afterEach(async () => {
  await browser.finishTest();
  await host?.close();
  host = undefined;
});

async function run(url: string, name: string, ...data: string[]): Promise<string> {
  const response = await fetch(`${url}run/${name}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ data }),
  });
  const said: { data: [string] } = await response.json();
  return said.data[0];
}

test("HOST-1 HOST-4 HOST-14 Wan2GP: the plugin's tab shows the panel, a release waits for whoever generates, and generations are jobs", async () => {
  host = await startPythonHost();
  const folder = join(host.folder, "Wan2GP");
  cpSync(FAKE, folder, { recursive: true });
  host.write("Wan2GP/plugins/.keep", "");
  rmSync(join(folder, "plugins/.keep"));
  const places = `export WAN2GP="${folder}"\n`;
  await host.run(places + (link ?? ""));
  const url = `http://127.0.0.1:${host.ports.host}/`;
  await host.start(places + (startWan2gp ?? ""), () => isPanelUp(`${url}gpu-status-panel/`));
  const page = await browser.open(url);
  const frame = page.frameLocator("iframe");
  await frame.getByTestId("status").first().getByText("Live").waitFor();

  await run(url, "start", "a");
  await run(url, "start", "b");
  await frame.getByRole("button", { name: "Release VRAM" }).click();
  await frame.getByRole("button", { name: "Release after the job" }).click();
  const waiting = frame.getByText(/waiting/i).first();
  await waiting.waitFor();
  // The host's own flag says that nothing runs as soon as the first one has ended.
  await run(url, "finish", "a");
  expect(await run(url, "ask")).toBe("busy");
  await run(url, "take_gpu", "process:matanyone");
  await run(url, "finish", "b");
  expect(await run(url, "ask")).toBe("busy");
  expect([await run(url, "tell"), await waiting.isVisible()]).toEqual(["", true]);
  await run(url, "take_gpu", "");
  await frame.getByText("12.0 GiB released").first().waitFor();
  expect(await run(url, "tell")).toBe("deepy,deepy,enhancer,extensions,model");

  const jobs = async () => {
    const body: unknown = await (await fetch(`${url}gpu-status-panel/api/v1/jobs`)).json();
    return v.parse(v.object({ jobs: v.array(jobSchema) }), body).jobs;
  };
  const states = async () => (await jobs()).map(({ state }) => state).sort();
  const label = "Wan2GP t2v_1.3B";
  await waitUntil(async () => (await states()).join() === "done,done", { what: "both to have been jobs" });
  expect((await jobs()).map((job) => job.label)).toEqual([label, label]);
  // What goes wrong Wan2GP catches itself, and says it.
  await run(url, "start", "too-large");
  await waitUntil(async () => (await states()).includes("running"), { what: "the third job" });
  await run(url, "finish", "too-large");
  await waitUntil(async () => (await states()).join() === "done,done,failed", { what: "its failure" });
});

test("no block of the README is left out", () => {
  expect(readme.left()).toEqual([]);
});
