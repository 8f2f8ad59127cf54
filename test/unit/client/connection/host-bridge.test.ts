import { afterEach, expect, test, vi } from "vitest";
import { createHostBridge } from "../../../../client/connection/host-bridge.ts";

const OWN = "http://127.0.0.1:7870";
const ALLOWED = "https://webui.example";
const STRANGER = "https://stranger.example";
afterEach(() => void vi.unstubAllGlobals());

/** A framed page, and what comes of its bridge. */
function framed(parentOrigin: string | null) {
  const parent = { postMessage: vi.fn() };
  const page = Object.assign(new EventTarget(), { parent });
  vi.stubGlobal("window", page);
  vi.stubGlobal("location", { origin: OWN });
  const asked: string[] = [];
  const ask = (choice: string) => asked.push(choice);
  const bridge = createHostBridge(parentOrigin, [ALLOWED], ask, ask);
  const send = (origin: string, data: unknown, source: unknown = parent) =>
    page.dispatchEvent(Object.assign(new Event("message"), { source, origin, data }));
  return { asked, bridge, send, said: parent.postMessage };
}
const DARK = { type: "gpu-status-panel:theme", theme: "dark" };
const CHINESE = { type: "gpu-status-panel:lang", lang: "zh-CN" };

test("EMB-2 messages are taken from the page around it alone, and only where its origin is allowed", () => {
  const { asked, bridge, send } = framed(ALLOWED);
  send(STRANGER, DARK);
  send("null", DARK);
  send(ALLOWED, DARK, {});
  send(ALLOWED, { type: "gpu-status-panel:theme", theme: "pink" });
  expect(asked).toEqual([]);
  send(ALLOWED, DARK);
  send(OWN, CHINESE);
  send("http://localhost:3000", DARK);
  expect(asked).toEqual(["dark", "zh-CN", "dark"]);
  bridge.close();
  send(ALLOWED, DARK);
  expect(asked).toHaveLength(3);
});

test("EMB-1b any page is told the height, and no stranger what the panel shows", () => {
  for (const [origin, to] of [
    [null, "*"],
    [STRANGER, STRANGER],
  ] as const) {
    const { bridge, said } = framed(origin);
    bridge.resize(300);
    bridge.state({ gpus: [] });
    expect(said.mock.calls).toEqual([[{ type: "gpu-status-panel:resize", height: 300 }, to]]);
  }
  const { bridge, said } = framed(ALLOWED);
  bridge.state("shown");
  expect(said.mock.calls).toEqual([[{ type: "gpu-status-panel:state", state: "shown" }, ALLOWED]]);
});
