import { type ProgramOptions, startOwnProgram } from "../../helpers/shared-card.ts";
import { RENDER_MIB } from "./card.ts";
import type { Said } from "./people.ts";

export const LOAD_MS = 1500;

/** The other program on the card. */
export interface Renderer {
  pid(): number;
  heldMiB(): number;
  works(): boolean;
  /** The backends of the sidecar's settings; none: it registers by itself. */
  readonly settings: readonly object[];
  /** The sidecar is there. */
  begin(sidecarUrl: string): Promise<void>;
  /** It asked for more than there is. */
  runOut(): void;
  /** It declares what it does by itself, and who asks at its page waits for room; else the bench declares for it. */
  readonly declares: boolean;
  /** Renders for so long; a person at its page, or a program, asks. */
  render(ms: number, who: { isPage: boolean; over: AbortSignal }): Promise<Said>;
  close(): Promise<void>;
}

/** Our stand-in: the http hook, as a process of its own. */
export async function startStandIn(
  unload: NonNullable<ProgramOptions["unload"]>,
  onHeld: () => void,
): Promise<Renderer> {
  const program = await startOwnProgram({ modelMiB: RENDER_MIB, loadMs: LOAD_MS, unload }, onHeld);
  let working = 0;
  return {
    pid: () => program.pid,
    heldMiB: program.heldMiB,
    works: () => working > 0,
    settings: [program.options("renderer")],
    begin: async () => {},
    runOut: () => void fetch(`${program.url}/out-of-memory`, { method: "POST" }).catch(() => {}),
    declares: false,
    async render(ms, { isPage }) {
      // Its page shows whether the model is there.
      if (isPage && program.heldMiB() < RENDER_MIB) return { outcome: "away" };
      working++;
      onHeld();
      try {
        return { outcome: (await program.job(ms)) ? "done" : isPage ? "hit" : "failed" };
      } finally {
        working--;
        onHeld();
      }
    },
    close: program.close,
  };
}
