import { expect, test } from "vitest";
import { createEarlySource } from "../../../../client/connection/early-source.ts";
import { applyEvent } from "../../../../client/store/apply-event.ts";
import { INITIAL_STATE } from "../../../../client/store/panel-state.ts";
import { answerJson, startBackendServer } from "../../../helpers/backend-server.ts";
import { waitUntil } from "../../../helpers/wait-until.ts";
import { sidecar } from "../store/small-sidecar.ts";

test("PNL-1b WIRE-1b what the connection brings of the past is all there, although the first figures came before it", async () => {
  const past = sidecar(1000);
  for (let n = 0; n < 40; n++) past.sample();
  // As `GET /api/v1/state` has it: with the newest sample alone.
  const first = past.hello(39);
  if (first.type !== "hello") throw new Error("no hello");
  const server = await startBackendServer((response) => answerJson(response, 200, first.hello));
  const source = createEarlySource({ baseUrl: `${server.url}/`, token: "secret", historyMs: 900_000 });
  let panel = INITIAL_STATE;
  source.subscribe((event) => {
    panel = applyEvent(panel, event);
  });
  try {
    await waitUntil(() => panel.known !== null, { what: "the first figures" });
    expect(server.calls).toMatchObject([
      { method: "GET", path: "/api/v1/state?hosts=names", headers: { authorization: "Bearer secret" } },
    ]);
    expect(panel.known?.gpus[0]?.memoryUsedMiB).toBe(1040);
    panel = applyEvent(panel, past.hello(0));
    expect(panel.known?.rows).toEqual(past.rows());
  } finally {
    source.close();
    await server.close();
  }
});
