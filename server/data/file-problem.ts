import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import type { FileTrouble } from "../lib/sqlite/kept-file.ts";

/** What keeps records from a database's file, as viewers are told it. Pure. */
export function fileProblem(file: string, trouble: FileTrouble | null): Problem | null {
  if (trouble === null) return null;
  switch (trouble.kind) {
    case "elsewhere": // The hold on the folder says so.
    case "no-sqlite": // History says so.
      return null;
    case "newer":
      return problem("data-newer", { file });
    default:
      return problem("data-not-kept", { detail: trouble.reason });
  }
}
