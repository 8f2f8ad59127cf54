/** One thing that was looked at. */
export interface Check {
  /** Its name for programs. */
  id: string;
  mark: "ok" | "warning" | "problem";
  message: string;
  /** What to do; `null` where nothing is to be done. */
  advice: string | null;
}

export const fine = (id: string, message: string): Check => ({ id, mark: "ok", message, advice: null });
export const lookAt = (id: string, message: string, advice: string): Check => ({
  ...{ id, mark: "warning", message, advice },
});
export const wrong = (id: string, message: string, advice: string): Check => ({
  ...{ id, mark: "problem", message, advice },
});
