import { readFileSync } from "node:fs";
import * as v from "valibot";
import { afterEach, describe, expect, test } from "vitest";
import { backendSchema } from "../../server/config/backend-options.ts";
import type { Backend } from "../../server/release/backends/backend.ts";
import { createBackend } from "../../server/release/backends/create-backend.ts";
import { TIMINGS } from "../../server/timings.ts";
import {
  type ConfiguredProgram,
  startKoboldCpp,
  startLocalAi,
  startTabbyApi,
  startTextGenerationWebUi,
} from "../fixtures/backends/by-configuration.ts";
import { answerJson, type BackendServer, startBackendServer } from "../helpers/backend-server.ts";

const never = new AbortController().signal;
const servers: BackendServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

/** The config files of docs/backends.md, as somebody copies them. */
const page = readFileSync(new URL("../../docs/backends.md", import.meta.url), "utf8");
const [, programs = ""] = /## Programs by configuration\n(.*?)\n## /s.exec(page) ?? [];
const files = [...programs.matchAll(/```json\n(.*?)```/gs)].map(([, text = ""]) => text);
const fileSchema = v.object({ backends: v.tuple([backendSchema]) });

function documented(id: string, server: ConfiguredProgram, key = "…"): Backend {
  servers.push(server);
  const file = files.find((text) => text.includes(`"id": "${id}"`)) ?? "";
  const text = file.replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, server.url).replaceAll("…", key);
  return createBackend(v.parse(fileSchema, JSON.parse(text)).backends[0], TIMINGS);
}

async function statusOf(backend: Backend) {
  const outcome = await backend.status?.(never);
  if (outcome?.kind !== "status") throw new Error(`no status: ${JSON.stringify(outcome)}`);
  return outcome.status;
}

describe("programs by configuration", () => {
  test("REL-9 REL-18b LocalAI", async () => {
    const server = await startLocalAi();
    const backend = documented("localai", server);
    expect(backend.modes).toEqual(["auto", "now"]);
    expect(await backend.unload("auto", never)).toEqual({ kind: "accepted", claim: null });
    expect(server.model()).toBeNull();
    expect(await backend.load?.(never)).toEqual({ kind: "accepted" });
    expect(server.model()).toBe("first");
  });

  test("REL-9 REL-18b TabbyAPI", async () => {
    const server = await startTabbyApi("adm1n");
    const backend = documented("tabbyapi", server, "adm1n");
    expect(await backend.unload("auto", never)).toEqual({ kind: "accepted", claim: null });
    expect(server.model()).toBeNull();
    expect(await backend.load?.(never)).toEqual({ kind: "accepted" });
    expect(server.model()).toBe("first");
    expect(await documented("tabbyapi", server, "guessed").unload("auto", never)).toMatchObject({
      problem: { code: "backend-unauthorized" },
    });
  });

  test("REL-9 REL-10 REL-18b KoboldCpp", async () => {
    const server = await startKoboldCpp({ admin: true });
    const backend = documented("koboldcpp", server);
    expect(await statusOf(backend)).toMatchObject({ busy: false, queue: 0 });
    server.work(true);
    expect(await statusOf(backend)).toMatchObject({ busy: true, queue: 2 });
    server.work(false);
    expect(await backend.unload("auto", never)).toEqual({ kind: "accepted", claim: null });
    expect(server.model()).toBeNull();
    expect(await backend.load?.(never)).toEqual({ kind: "accepted" });
    expect(server.model()).toBe("initial_model");
  });

  test("REL-14 KoboldCpp without --admin refuses with 200, and that is told", async () => {
    const server = await startKoboldCpp({ admin: false });
    const backend = documented("koboldcpp", server);
    const refused = { kind: "failed", problem: { code: "hook-refused" }, refused: true };
    expect(await backend.unload("auto", never)).toMatchObject(refused);
    expect(await backend.load?.(never)).toMatchObject(refused);
    expect(server.model()).toBe("first");
  });

  test("REL-9 REL-18b text-generation-webui", async () => {
    const server = await startTextGenerationWebUi();
    const backend = documented("textgen", server);
    expect(await backend.unload("auto", never)).toEqual({ kind: "accepted", claim: null });
    expect(server.model()).toBeNull();
    expect(await backend.load?.(never)).toEqual({ kind: "accepted" });
    expect(server.model()).toBe("first");
  });

  test("no file is left out", () => expect(files).toHaveLength(4));
});

describe("statusUrl", () => {
  async function told(answer: unknown, fields: object | null) {
    const server = await startBackendServer((response) => answerJson(response, 200, answer));
    servers.push(server);
    const url = `${server.url}/status`;
    const statusUrl = fields === null ? url : { url, ...fields };
    const given = { kind: "http", url: `${server.url}/unload`, headers: { "x-secret": "s" }, statusUrl };
    const outcome = await createBackend(v.parse(backendSchema, given), TIMINGS).status?.(never);
    expect(server.calls).toMatchObject([{ path: "/status", headers: { "x-secret": "s" } }]);
    return outcome;
  }

  test.each([
    [{ busy: true }, { busy: "busy" }, true],
    [{ idle: 1 }, { idle: "idle" }, false],
    [{ slots: [{ n: 0 }, { n: 3 }] }, { busy: "slots.1.n" }, true],
    [[{ running: [] }], { busy: "0.running" }, false],
    [{ state: { jobs: ["a"] } }, { idle: "state.jobs" }, false],
    [{ busy: null }, { busy: "busy" }, null],
  ])("REL-10 of %j the field %j says %s", async (answer, fields, busy) => {
    expect(await told(answer, fields)).toMatchObject({ kind: "status", status: { busy } });
  });

  test.each([
    [{ other: 1 }, "busy"],
    [{ busy: "yes" }, "busy"],
    [{ busy: { now: true } }, "busy"],
    ["busy", "busy"],
    [{ a: 1 }, "a.b.c"],
  ])("REL-14 of %j it is said that the field %s tells nothing", async (answer, field) => {
    const problem = { code: "status-field", params: { field } };
    expect(await told(answer, { busy: field })).toMatchObject({ kind: "failed", reached: true, problem });
  });

  test("REL-9 an address alone has the hook's own shape, and nothing else counts as one", async () => {
    expect(await told({ busy: false, queue: 2 }, null)).toMatchObject({ status: { busy: false, queue: 2 } });
    expect(await told({ status: "ok" }, null)).toMatchObject({ problem: { code: "backend-unreadable" } });
  });

  test("REL-14 a number of waiting jobs that is none is left out", async () => {
    const answer = { busy: 1, waiting: "many" };
    expect(await told(answer, { busy: "busy", queue: "waiting" })).toMatchObject({
      status: { busy: true, queue: null },
    });
  });
});
