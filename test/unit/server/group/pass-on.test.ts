import { createServer, type ServerResponse } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { createPassOn, type Target } from "../../../../server/group/pass-on.ts";
import { listen } from "../../../helpers/listen.ts";
import { waitUntil } from "../../../helpers/wait-until.ts";

/** A host that holds answers back for those who wait, and for a stuck one. */
async function slowHost() {
  const held: ServerResponse[] = [];
  const server = createServer(({ url }, response) => {
    if (/wait=[1-9]|stuck/.test(url ?? "")) held.push(response);
    else response.end("{}");
  });
  const port = await listen(server);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const [address, secret] = [`http://127.0.0.1:${port}/`, "a secret of the lab"];
  const target: Target = { id: "b", name: "b", address, secret, isPeer: false };
  return { held, target };
}

test("GRP-9c forty who wait for their jobs to start on a host keep nobody else from it", async () => {
  const { held, target } = await slowHost();
  const passOn = createPassOn(30_000);
  onTestFinished(() => passOn.close());
  const waiting = Array.from({ length: 40 }, (_, i) => passOn.pass(target, "GET", `api/v1/jobs/${i}?wait=5`));
  await waitUntil(() => held.length === 40, { what: "all of them there" });
  const asked = await passOn.pass(target, "POST", "api/v1/jobs", {});
  const looked = await passOn.pass(target, "GET", "api/v1/jobs/1?wait=0");
  expect([asked.kind, looked.kind]).toEqual(["answered", "answered"]);
  for (const response of held) response.end("{}");
  expect((await Promise.all(waiting)).map(({ kind }) => kind)).toEqual(Array(40).fill("answered"));
});

test("GRP-9 what never left because others were before it is told as not done, and what was sent as perhaps done", async () => {
  const { target } = await slowHost();
  const passOn = createPassOn(1000);
  onTestFinished(() => passOn.close());
  const all = await Promise.all(Array.from({ length: 40 }, () => passOn.pass(target, "POST", "stuck", {})));
  expect(all.slice(0, 16).map(({ kind }) => kind)).toEqual(Array(16).fill("silent"));
  expect(all.at(-1)).toMatchObject({ kind: "unreachable" });
});
