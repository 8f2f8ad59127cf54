import { expect, test } from "vitest";
import { connectPanel } from "../helpers/panel-client.ts";
import { startSidecar } from "../helpers/sidecar.ts";
import { waitUntil } from "../helpers/wait-until.ts";

/** Half of what the process may open is for viewers where that is little. */
const OPEN_FILES = 160;
const MOST = OPEN_FILES / 2;

test.skipIf(process.platform !== "linux")(
  "WIRE-12 beyond what the process may open viewers are refused in words, and HTTP goes on",
  async () => {
    const under = ["prlimit", `--nofile=${OPEN_FILES}:${OPEN_FILES}`];
    const sidecar = await startSidecar(["--source", "demo"], {}, undefined, under);
    const panels = Array.from({ length: MOST }, () => connectPanel(sidecar.url));
    try {
      await Promise.all(panels.map((panel) => panel.hello()));
      const late = connectPanel(sidecar.url);
      panels.push(late);
      const [error] = await waitUntil(() => (late.errors.length > 0 ? late.errors : null), {
        what: "the refusal",
      });
      expect(error).toMatchObject({ data: { code: "too-many-viewers", params: { most: MOST } } });
      expect((await fetch(`${sidecar.url}healthz`)).status).toBe(200);
    } finally {
      for (const panel of panels) panel.close();
      await sidecar.end();
    }
  },
);
