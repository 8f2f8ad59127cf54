import { expect, test } from "vitest";
import { askPort } from "../../server/found/ask.ts";
import { startLlamaServer } from "./llama-server.ts";

test("FND-2 a real llama-server with models is recognised", async () => {
  const server = await startLlamaServer();
  const port = Number(new URL(server.url).port);
  const how = { greetingMs: 10_000, signal: new AbortController().signal };
  expect(await askPort(port, null, how)).toEqual({ kind: "llamacpp", adoptable: true });
});
