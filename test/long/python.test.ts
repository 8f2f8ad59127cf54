import { expect, test } from "vitest";
import { runUnittest } from "../helpers/run-unittest.ts";

test("HUB-1 HUB-2 HUB-2b HUB-2c HUB-3 HUB-3b HUB-5 HUB-6 HUB-6b HUB-6c HUB-6d HUB-7 GRA-8 hosts share one sidecar, and strangers get nothing", {
  timeout: 300_000,
}, async () => {
  expect(await runUnittest("integrations/python", "test_share")).toContain("OK");
});
