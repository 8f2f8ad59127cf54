import { afterEach, describe, expect, test } from "vitest";
import { decodeHistory } from "../../shared/history/codec.ts";
import { decodeSample } from "../../shared/protocol/sample-codec.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { type Rig, type RigOptions, startRig } from "../helpers/rig.ts";
import { waitUntil } from "../helpers/wait-until.ts";

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.close();
  rig = undefined;
});
async function start(options: RigOptions = {}): Promise<Rig> {
  rig = await startRig(options);
  return rig;
}

describe("hello and samples", () => {
  test("WIRE-1 WIRE-2 hello carries the state, and each sample reads back as the driver said", async () => {
    const { connect, fake } = await start({
      script: { gpus: [fakeGpu(0), fakeGpu(1, { "power.draw": "[N/A]" })] },
    });
    const panel = connect();
    await waitUntil(() => panel.samples.length >= 3, { what: "samples" });
    const hello = await panel.hello();
    expect(hello.state.gpus.map(({ name }) => name)).toEqual([fakeGpu(0).name, fakeGpu(1).name]);
    expect(hello.profiles.length).toBeGreaterThan(5);
    fake.setGpu(0, { "memory.used": 4_321 });
    const changed = await waitUntil(
      () =>
        panel.samples
          .map((sample) => decodeSample(sample, 2))
          .find((s) => s?.readings[0]?.memoryUsedMiB === 4_321),
      { what: "the change" },
    );
    expect(changed?.readings[1]).toEqual({
      memoryUsedMiB: fakeGpu(1)["memory.used"],
      memoryFreeMiB: expect.any(Number),
      utilizationGpuPct: fakeGpu(1)["utilization.gpu"],
      temperatureC: fakeGpu(1)["temperature.gpu"],
      powerDrawW: null,
    });
    const sequence = () => panel.samples.map(([seq]) => seq ?? 0);
    // A busy machine may skip one, of which the panel asks later; as a rule each follows the one before.
    const followsTwice = (seq: number, i: number, all: number[]) =>
      all[i + 1] === seq + 1 && all[i + 2] === seq + 2;
    await waitUntil(() => sequence().some(followsTwice), { what: () => `three in a row in ${sequence()}` });
    expect(sequence()).toEqual([...new Set(sequence())].sort((a, b) => a - b));
  });

  test("WIRE-1b after a reconnect only what was missed comes, and a view without history gets none", async () => {
    const { connect } = await start();
    const first = connect();
    await waitUntil(() => first.samples.length >= 4, { what: "samples" });
    const { bootId } = await first.hello();
    const lastSeq = first.samples[1]?.[0] ?? 0;
    const back = await connect({ auth: { bootId, lastSeq } }).hello();
    const rows = decodeHistory(back.history);
    expect(rows.every(({ seq }) => seq > lastSeq)).toBe(true);
    expect(rows.at(-1)?.seq).toBe(back.seq);
    const other = await connect({ auth: { bootId: "an earlier run", lastSeq } }).hello();
    expect(decodeHistory(other.history)[0]?.fromSeq).toBe(1);
    const bar = await connect({ auth: { historyMs: 0 } }).hello();
    expect(decodeHistory(bar.history).length).toBeLessThanOrEqual(1);
  });

  test("WIRE-3 WIRE-3b a hidden panel gets no samples, and has none missing when it is visible again", async () => {
    const { connect } = await start();
    const watcher = connect();
    const panel = connect();
    await waitUntil(() => panel.samples.length >= 2, { what: "samples" });
    await panel.socket.emitWithAck("unwatch");
    const hiddenAt = panel.samples.length;
    const lastSeq = panel.samples.at(-1)?.[0] ?? 0;
    const seen = watcher.samples.length;
    await waitUntil(() => watcher.samples.length >= seen + 4, { what: "samples for the watcher" });
    expect(panel.samples.length).toBe(hiddenAt);
    await panel.socket.emitWithAck("watch");
    const reply = await panel.socket.emitWithAck("resume", { sinceSeq: lastSeq });
    if (!reply.ok) throw new Error(reply.message);
    const rows = decodeHistory(reply.data.history);
    expect(rows.at(-1)?.seq).toBe(reply.data.seq);
    expect(rows[0]?.fromSeq).toBeLessThanOrEqual(lastSeq + 1);
    await waitUntil(() => panel.samples.length > hiddenAt, { what: "samples again" });
  });

  test("WIRE-1 when the GPUs change, every panel is told anew, with history for the new list", async () => {
    const { connect, fake } = await start();
    const panel = connect();
    // More than a second of them, so that a row of history is of the old list alone.
    await waitUntil(() => panel.samples.length >= 8, { what: "samples" });
    fake.set({ gpus: [fakeGpu(0), fakeGpu(1)] });
    const hello = await waitUntil(() => panel.hellos.find(({ state }) => state.gpus.length === 2), {
      what: "hello",
    });
    const rows = decodeHistory(hello.history);
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.every(({ values }) => values.length === 8)).toBe(true);
    expect(rows[0]?.values.slice(4)).toEqual([null, null, null, null]);
  });
});

describe("who may connect", () => {
  const foreign = { origin: "https://evil.example" };
  test.each(["websocket", "polling"] as const)(
    "SEC-1 a page of a foreign origin cannot connect by %s",
    async (transport) => {
      const { connect } = await start();
      const panel = connect({ headers: foreign, transports: [transport] });
      await waitUntil(() => panel.errors.length > 0, { what: "the refusal" });
      expect(panel.hellos).toHaveLength(0);
    },
  );

  test("SEC-1 one that --allow-origin names can, and so can loopback pages of any port", async () => {
    const { connect } = await start({ flags: ["--allow-origin", "https://webui.example"] });
    await connect({ headers: { origin: "https://webui.example" } }).hello();
    await connect({ headers: { origin: "http://localhost:7860" } }).hello();
    await connect({ headers: { origin: "http://127.0.0.1:8188" }, transports: ["polling"] }).hello();
  });

  test("SEC-2 a name that is rebound to this machine is refused", async () => {
    const { connect } = await start();
    const panel = connect({ headers: { host: "evil.example:7870" } });
    await waitUntil(() => panel.errors.length > 0, { what: "the refusal" });
    expect(panel.hellos).toHaveLength(0);
  });

  test("SEC-9 with a token, a viewer without it may look and not act", async () => {
    const token = "a long enough token";
    const { connect, hook, sidecar } = await start({ flags: ["--token", token] });
    const attempts = [undefined, "a wrong one that is long"].map((wrong) =>
      connect({ auth: wrong === undefined ? {} : { token: wrong } }),
    );
    const codes = [];
    for (const panel of attempts) {
      const hello = await panel.hello();
      expect(hello.capabilities.release.allowed).toBe(false);
      const reply = await panel.socket.emitWithAck("release", {
        requestId: "x",
        bootId: hello.bootId,
        mode: "auto",
      });
      codes.push(reply.ok ? "ok" : reply.code);
    }
    expect(codes).toEqual(["not-allowed", "wrong-token"]);
    const url = `${sidecar.url}api/v1/release`;
    const post = (headers: Record<string, string>) =>
      fetch(url, { method: "POST", headers: { "content-type": "application/json", ...headers } });
    expect((await post({})).status).toBe(403);
    expect((await post({ authorization: "Bearer nearly right" })).status).toBe(403);
    expect(hook.calls).toHaveLength(0);
    const allowed = await connect({ auth: { token } }).hello();
    expect(allowed.capabilities.release).toEqual({ allowed: true, problem: null });
    expect((await post({ authorization: `Bearer ${token}` })).status).toBe(202);
  });

  test("SEC-9c off loopback a token is made and printed with the link", async () => {
    const { connect, sidecar } = await start({ flags: ["--host", "0.0.0.0"] });
    const token = /#token=([\w-]{20,})/.exec(sidecar.output())?.[1];
    expect(token).toBeDefined();
    expect((await connect().hello()).capabilities.release.allowed).toBe(false);
    expect((await connect({ auth: { token } }).hello()).capabilities.release.allowed).toBe(true);
  });

  test("WIRE-7 a panel of another protocol version is refused with a message that says so", async () => {
    const { connect } = await start();
    const panel = connect({ auth: { protocol: 99 } });
    const [error] = await waitUntil(() => (panel.errors.length > 0 ? panel.errors : null), {
      what: "the refusal",
    });
    expect(error).toMatchObject({ data: { code: "protocol-version", params: { client: 99, server: 2 } } });
  });
});

describe("what is malformed", () => {
  test("WIRE-6 is answered with what is wrong, or ignored, and never ends the sidecar", async () => {
    const { connect, sidecar, hook } = await start();
    const bad = connect({ auth: { lastSeq: -1 } });
    const [error] = await waitUntil(() => (bad.errors.length > 0 ? bad.errors : null), {
      what: "the refusal",
    });
    expect(error).toMatchObject({
      data: { code: "bad-request", message: expect.stringContaining("lastSeq") },
    });

    const panel = connect();
    await panel.hello();
    // What a hostile page can send is not bound by our types.
    const send = (event: string, ...args: unknown[]) =>
      new Promise<unknown>((resolve) =>
        Reflect.apply(panel.socket.emit, panel.socket, [event, ...args, resolve]),
      );
    expect(await send("release", null)).toMatchObject({ ok: false, code: "bad-request" });
    expect(await send("release", { requestId: 1, bootId: "x".repeat(500) })).toMatchObject({
      ok: false,
      code: "bad-request",
    });
    expect(await send("resume", { sinceSeq: "0" })).toMatchObject({ ok: false, code: "bad-request" });
    panel.socket.emit("release", Reflect.get({}, "nothing"), Reflect.get({}, "nothing"));
    Reflect.apply(panel.socket.emit, panel.socket, ["unwatch"]);
    Reflect.apply(panel.socket.emit, panel.socket, ["no such event", { a: 1 }]);
    const { bootId } = await panel.hello();
    const refused = await panel.socket.emitWithAck("release", {
      requestId: "x",
      bootId: `not ${bootId}`,
      mode: "auto",
    });
    expect(refused).toMatchObject({ ok: false, code: "sidecar-restarted" });

    const flood = connect();
    await flood.hello();
    Reflect.apply(flood.socket.emit, flood.socket, ["resume", { sinceSeq: 0, rest: "x".repeat(100_000) }]);
    await waitUntil(() => !flood.socket.connected, { what: "the oversized message to end its connection" });
    await waitUntil(async () => (await fetch(`${sidecar.url}healthz`)).status === 200, {
      what: "a healthy sidecar",
    });
    expect(hook.calls).toHaveLength(0);
  });
});
