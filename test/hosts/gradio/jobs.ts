import { expect, test } from "vitest";
import { waitUntil } from "../../helpers/wait-until.ts";
import { startCaller } from "./caller.ts";

import { type InGradio, PANEL, POST, processWith, T2V, usedMiB } from "./in-gradio.ts";

/** Runs that are jobs: who waits, who is refused, what is released, and what is said of it. */
export function testJobs({ version, browser, startDemos }: InGradio) {
  test("GRA-4 GRA-5 GRA-6 Gradio: runs are jobs of their kind, who waits reads why, cancels or leaves, and generators have their job", async () => {
    const { caller, until, jobs, inState, here, url } = await startDemos();
    await caller.submit("first", "/t2v", "wait-1", ...T2V);
    await until("running", 1, "the first to run");
    await waitUntil(async () => (await jobs())[0]?.phase === "sampling", { what: "its phase" });
    expect(await jobs()).toMatchObject([
      {
        label: expect.stringMatching(/demos\.t2v_generation 480×832 81 frames$/),
        requestedBy: expect.stringMatching(/^visitor \w{8}$/),
      },
    ]);
    // Of one visitor Gradio cancels all runs of a function at once.
    const other = await startCaller(here, url);
    await other.submit("second", "/t2v", "wait-1", "720*1280", 50, 81, 7);
    await until("waiting", 1, "the second to wait");
    await waitUntil(
      async () => (await other.texts("second")).some((text) => /^Waiting for VRAM, place 1: /.test(text)),
      {
        what: "the cause in words",
      },
    );
    await other.cancel("second");
    await until("waiting", 0, "the cancelled one to be gone");
    const another = await startCaller(here, url);
    await another.submit("third", "/later", "wait-1");
    await until("waiting", 1, "the third to wait");
    // Before its stream is open nobody can see it close.
    await waitUntil(async () => (await another.texts("third")).length > 0, { what: "words for the third" });
    another.leave();
    await until("waiting", 0, "the one whose page was closed to be gone");
    here.write("wait-1", "");
    expect(await caller.result("first")).toEqual({ value: null });
    await caller.submit("steps", "/stream", "go");
    const { value } = await caller.result("steps");
    expect(value).toMatch(/^[\w-]{36} at the end$/);
    await caller.submit("async", "/later", "go");
    expect((await caller.result("async")).value).toMatch(/^[\w-]{36}$/);
    await until("running", 0, "all to end");
    expect((await inState("done")).length).toBe(3);
  });

  test("GRA-7 GRA-9 Gradio: a release waits for the run and not for who waits, and the next run has its models back", async () => {
    const { caller, until, here, url } = await startDemos();
    await caller.submit("first", "/t2v", "wait-1", ...T2V);
    await until("running", 1, "the first to run");
    await caller.submit("second", "/t2v", "go", ...T2V);
    await until("waiting", 1, "the second to wait");
    const { id } = await (await fetch(`${url}${PANEL}api/v1/release`, POST)).json();
    const release = async () => (await fetch(`${url}${PANEL}api/v1/release/${id}`)).json();
    await waitUntil(async () => (await release()).state === "waiting-for-job", {
      what: "the release to wait",
    });
    here.write("wait-1", "");
    expect(await caller.result("first")).toEqual({ value: null });
    expect(await caller.result("second")).toEqual({ value: null });
    await waitUntil(async () => ["done", "failed"].includes((await release()).state), {
      what: "the release to end",
    });
    await until("running", 0, "all to end");
    await fetch(`${url}${PANEL}api/v1/release`, POST);
    await waitUntil(async () => (await usedMiB(url + PANEL)) < 1100, { what: "the models to leave" });
    expect(await caller.predict("/t2v", "go", ...T2V)).toBeGreaterThan(0);
    await waitUntil(async () => (await usedMiB(url + PANEL)) > 4000, { what: "the models to be back" });
  });

  test("GRA-6b GRA-8 Gradio: of forty-five thirty wait and the rest are refused in words; a sidecar that is frozen is not noticed", async () => {
    const { caller, until, jobs, inState, here, url } = await startDemos();
    const five = async () => {
      let sum = 0;
      for (let i = 0; i < 5; i++) sum += await caller.predict("/t2v", "go", ...T2V);
      return sum;
    };
    await five();
    const usual = await five();
    const sidecar = processWith(`--port\0${here.ports.panel}\0`);
    process.kill(sidecar, "SIGSTOP");
    const frozen = await five().finally(() => process.kill(sidecar, "SIGCONT"));
    process.stdout.write(
      `Gradio ${version}: five runs take ${usual.toFixed(2)} s, ${frozen.toFixed(2)} s (× ${(frozen / usual).toFixed(2)}) while the sidecar is frozen\n`,
    );
    const before = (await inState("done")).length;
    await waitUntil(
      async () => {
        await caller.predict("/t2v", "go", ...T2V);
        return (await inState("done")).length > before;
      },
      { what: "runs to be jobs again" },
    );
    await until("running", 0, "the runs to end");
    const crowd = await Promise.all([0, 1, 2].map(() => startCaller(here, url)));
    const names = Array.from({ length: 15 }, (_, i) => `${i}`);
    for (const name of names)
      for (const one of crowd) await one.submit(name, "/t2v", "wait-many", "720*1280", 50, 49, 7);
    await until("waiting", 30, "thirty to wait");
    let seen = "";
    const refusals = await waitUntil(
      async () => {
        const over = await Promise.all(crowd.map((one) => one.over(names)));
        const known = await jobs();
        const count = (state: string) => known.filter((job) => job.state === state).length;
        // Whoever ran without being counted would be neither refused nor known to the sidecar.
        const counted = over.flat().length + count("waiting") + count("running");
        seen = `${over.map((one) => one.length).join(" + ")} over, ${count("waiting")} wait, ${count("running")} run`;
        return count("waiting") === 30 && counted === 45 && over;
      },
      { timeoutMs: 90_000, what: () => `each of them to be refused, to wait or to run: ${seen}` },
    );
    for (const [which, refused] of refusals.entries())
      for (const name of refused)
        expect((await crowd[which]?.result(name))?.error).toContain(
          "30 jobs wait for VRAM already. Please try again in a while.",
        );
    const delay = await caller.predict("/echo", "hello");
    process.stdout.write(
      `Gradio ${version}: another function answers in ${delay.toFixed(2)} s while thirty wait\n`,
    );
    expect(await inState("waiting")).toHaveLength(30);
  });

  test("GRA-3 GRA-10 Gradio: a line says whether it fits, in the visitor's language; where the panel is not, words stand in its place", async () => {
    const { caller, url } = await startDemos();
    const { page } = await browser.openForeign(url);
    const line = page.locator(".gpu-status-panel-fit").first();
    await line.getByText("How much VRAM it takes is learned from the first run.").waitFor();
    await caller.predict("/t2v", "go", ...T2V);
    await line.getByText("Fits now.").waitFor();
    await page.getByLabel("Frames").fill("49");
    await page.locator(".gpu-status-panel-fit[data-signature*='\"frames\": 49']").first().waitFor();
    const { page: chinese } = await browser.openForeign(url, { locale: "zh-CN" });
    await chinese.locator(".gpu-status-panel-fit").first().getByText("现在放得下。").waitFor();
    await chinese.route("**/frame.js", (route) =>
      route.fulfill({ contentType: "text/html", body: "Gradio" }),
    );
    await chinese.reload();
    await chinese.frameLocator("iframe.gpu-status-panel").getByText("GPU 状态面板不在").waitFor();
  });

  test("GRA-4 GRA-4b Gradio: what takes VRAM becomes a job, and what declares its job is not declared twice", async () => {
    const { caller, jobs, until } = await startDemos({ LEARNS: "1" });
    await caller.submit("first", "/takes", "a");
    expect(await caller.result("first")).toEqual({ value: "False" });
    expect(await jobs()).toEqual([]);
    await caller.submit("second", "/takes", "a");
    expect(await caller.result("second")).toEqual({ value: "True" });
    for (const name of ["own", "again"]) {
      await caller.submit(name, "/own", "a");
      await caller.result(name);
    }
    await until("done", 4, "all to end");
    expect((await jobs()).map(({ label }) => label.replace(/.*demos\./, "")).sort()).toEqual([
      "mine",
      "mine",
      "own",
      "takes",
    ]);
  });
}
