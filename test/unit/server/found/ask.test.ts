import { afterEach, expect, test } from "vitest";
import { askPort } from "../../../../server/found/ask.ts";
import { type FindableKind, GREETINGS, USUAL_PORTS } from "../../../../server/found/kinds.ts";
import { ANSWERS, textOf } from "../../../fixtures/backends/greetings.ts";
import { type BackendServer, FAULTS, startBackendServer } from "../../../helpers/backend-server.ts";

const KINDS = Object.keys(USUAL_PORTS) as FindableKind[];
let server: BackendServer | undefined;
afterEach(() => server?.close());

async function serve(path: string, text: string): Promise<{ backend: BackendServer; port: number }> {
  server = await startBackendServer((response, call) => {
    const isKnown = call.method === "GET" && call.path === path;
    response.writeHead(isKnown ? 200 : 404, { "content-type": "application/json" });
    response.end(isKnown ? text : "{}");
  });
  return { backend: server, port: Number(new URL(server.url).port) };
}
/** One that answers is given as long as a busy machine takes; of one that does not, a moment tells. */
const patient = { greetingMs: 20_000, signal: new AbortController().signal };
const how = { ...patient, greetingMs: 1500 };

test.each(KINDS)(
  "FND-2 %s is recognised by one GET, behind its usual port and behind any other",
  async (kind) => {
    const { backend, port } = await serve(ANSWERS[kind].path, textOf(kind));
    expect(await askPort(port, null, patient)).toEqual({ kind, adoptable: true });
    expect(await askPort(port, [kind], patient)).toEqual({ kind, adoptable: true });
    expect(backend.calls.filter(({ path }) => path === ANSWERS[kind].path)).toHaveLength(2);
    expect(backend.calls.every(({ method, body }) => method === "GET" && body === "")).toBe(true);
  },
);

test("FND-2 a Gradio app with a long config is known by its beginning", async () => {
  const { port } = await serve(
    "/config",
    `${textOf("gradio").slice(0, -1)},"css":"${"x".repeat(2_000_000)}"}`,
  );
  expect(await askPort(port, null, patient)).toEqual({ kind: "gradio", adoptable: true });
});

test.each(FAULTS)(
  "FND-3 one that answers with a fault (%s) is nothing that is known, and is soon let be",
  async (fault) => {
    const { backend, port } = await serve("/prompt", textOf("comfyui"));
    backend.breakWith(fault);
    expect(await askPort(port, null, fault === "hangs" ? how : patient)).toBeNull();
    // One that is silent or speaks something else is asked no further.
    const times = fault === "hangs" || fault === "resets" ? 1 : GREETINGS.length;
    expect(backend.calls).toHaveLength(times);
  },
);

test("FND-3 a port where nobody listens is asked in vain", async () => {
  const { backend, port } = await serve("/prompt", "");
  await backend.close();
  expect(await askPort(port, null, how)).toBeNull();
});
