import { homedir } from "node:os";
import { join } from "node:path";

/** Where this platform keeps a program's data: XDG on Linux, Library on macOS, AppData on Windows. */
export function dataFolder(env: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): string {
  const name = "gpu-status-panel";
  if (platform === "win32") return join(env.LOCALAPPDATA ?? join(homedir(), "AppData", "Local"), name);
  if (platform === "darwin") return join(homedir(), "Library", "Application Support", name);
  return join(env.XDG_DATA_HOME || join(env.HOME || homedir(), ".local", "share"), name);
}
