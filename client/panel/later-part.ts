import { lazy } from "react";

type Parts = Omit<typeof import("./later-parts.ts"), "outlookOf">;

/** A part of the small views that their first figures do not need. All of them come in one piece. */
export const laterPart = <K extends keyof Parts>(name: K) =>
  lazy(async () => ({ default: (await import("./later-parts.ts"))[name] }));
