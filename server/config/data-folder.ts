import { homedir, tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";

/** Where this platform keeps a program's data: XDG on Linux, Library on macOS, AppData on Windows. */
export function dataFolder(env: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): string {
  const name = "gpu-status-panel";
  // A relative one would depend on where the sidecar was started, and XDG says to ignore it.
  const home = () => given(env.HOME) ?? homeFolder();
  const given = (path: string | undefined) => (path !== undefined && isAbsolute(path) ? path : undefined);
  if (platform === "win32") return join(env.LOCALAPPDATA || join(homeFolder(), "AppData", "Local"), name);
  if (platform === "darwin") return join(homeFolder(), "Library", "Application Support", name);
  return join(given(env.XDG_DATA_HOME) ?? join(home(), ".local", "share"), name);
}

/** A user without an entry in the password file, as in some containers, has no home. */
function homeFolder(): string {
  try {
    return homedir();
  } catch {
    return tmpdir();
  }
}
