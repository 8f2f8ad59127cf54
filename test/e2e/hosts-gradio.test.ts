import type { FrameLocator } from "playwright-core";
import { afterEach, expect, test } from "vitest";
import { inBrowser } from "../helpers/in-browser.ts";
import { isPanelUp, type PythonHost, startPythonHost } from "../helpers/python-host.ts";
import { readmeSnippets } from "../helpers/readme-snippets.ts";

const { browser } = inBrowser();
const readme = readmeSnippets("integrations/gradio/README.md");
const [copy, startOwn, startExample] = readme.takeAll("sh").map(({ code }) => code);
let host: PythonHost | undefined;
afterEach(async () => {
  await browser.finishTest();
  await host?.close();
  host = undefined;
});

async function startHost(): Promise<{ host: PythonHost; url: string }> {
  host = await startPythonHost();
  return { host, url: `http://127.0.0.1:${host.ports.host}/` };
}

async function generate(url: string, ...data: string[]): Promise<unknown> {
  const response = await fetch(`${url}run/generate`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ data }),
  });
  return response.json();
}

const live = (frame: FrameLocator) => frame.getByTestId("status").first().getByText("Live").waitFor();

async function release(frame: FrameLocator) {
  await frame.getByRole("button", { name: "Release VRAM" }).click();
  await frame.getByRole("button", { name: "Release now" }).click();
}

test("HOST-1 Gradio: the README's three steps give a page whose panel shows the job and releases what it took", async () => {
  const { host, url } = await startHost();
  await host.run(copy ?? "");
  host.write("app.py", readme.take("python", "app.py").code);
  await host.start(startOwn ?? "", () => isPanelUp(`${url}gpu/`));
  const page = await browser.open(url);
  const frame = page.frameLocator("iframe");
  await live(frame);
  expect(await generate(url, "a fox")).toEqual({ data: ["a video of a fox"] });
  const { jobs } = await (await fetch(`${url}gpu/api/v1/jobs`)).json();
  expect(jobs).toMatchObject([{ state: "done", profile: "wan2.1-1.3b-t2v-480p-quant" }]);
  await release(frame);
  await frame.getByText("8.0 GiB released").first().waitFor();
});

test("HOST-1 Gradio: an app that launches itself gets the panel after its launch", async () => {
  const { host, url } = await startHost();
  await host.run(copy ?? "");
  host.write("launch.py", readme.take("python", "launch.py").code);
  await host.start("python launch.py", () => isPanelUp(`${url}gpu/`));
  const page = await browser.open(url);
  await live(page.frameLocator("iframe"));
});

test("HOST-1 Gradio: the complete example makes its pretended videos, tells their phases and gives the VRAM back", async () => {
  const { host, url } = await startHost();
  await host.start(startExample ?? "", () => isPanelUp(`${url}gpu/`));
  const page = await browser.open(url);
  const frame = page.frameLocator("iframe");
  await live(frame);
  const models = ["TurboDiffusion · Wan2.1 1.3B", "Wan2.1 1.3B", "CogVideoX 2B"];
  for (const model of models) {
    expect(await generate(url, model, "snow")).toEqual({ data: [`${model} has made no video of “snow”`] });
  }
  const { jobs } = await (await fetch(`${url}gpu/api/v1/jobs`)).json();
  expect(jobs.map((job: { state: string }) => job.state)).toEqual(["done", "done", "done"]);
  await release(frame);
  await frame.getByTestId("release-result").getByText("released").waitFor();
});

test("no block of the README is left out", () => {
  expect(readme.left()).toEqual([]);
});
