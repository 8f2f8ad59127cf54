/** The system's code of an error, `ENOSPC`: its message names files, which are nobody's business in a browser. */
export function errorCode(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return error instanceof Error ? error.message : String(error);
}
