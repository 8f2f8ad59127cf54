import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { describe, expect, test } from "vitest";
import { dataFolder } from "../../../../server/config/data-folder.ts";

const NAME = "gpu-status-panel";

describe("where the audit is kept", () => {
  test("REL-15 Linux: XDG_DATA_HOME, else .local/share of the home folder", () => {
    expect(dataFolder({ XDG_DATA_HOME: "/data", HOME: "/home/u" }, "linux")).toBe(join("/data", NAME));
    for (const env of [{ HOME: "/home/u" }, { HOME: "/home/u", XDG_DATA_HOME: "" }]) {
      expect(dataFolder(env, "linux")).toBe(join("/home/u/.local/share", NAME));
    }
    expect(dataFolder({}, "linux")).toBe(join(homedir(), ".local/share", NAME));
  });

  test("REL-15 macOS and Windows: their own places", () => {
    expect(dataFolder({ XDG_DATA_HOME: "/data" }, "darwin")).toBe(
      join(homedir(), "Library", "Application Support", NAME),
    );
    expect(dataFolder({ LOCALAPPDATA: "/c/AppData/Local" }, "win32")).toBe(join("/c/AppData/Local", NAME));
    expect(dataFolder({}, "win32")).toBe(join(homedir(), "AppData", "Local", NAME));
  });

  test("REL-15 it never depends on the folder in which the sidecar was started", () => {
    // A relative XDG_DATA_HOME is to be ignored (XDG Base Directory Specification).
    const environments: [NodeJS.ProcessEnv, NodeJS.Platform][] = [
      [{ XDG_DATA_HOME: "data", HOME: "/home/u" }, "linux"],
      [{ LOCALAPPDATA: "" }, "win32"],
    ];
    for (const [env, platform] of environments)
      expect(isAbsolute(dataFolder(env, platform)), platform).toBe(true);
  });
});
