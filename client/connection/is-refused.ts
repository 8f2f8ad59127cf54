/** True where the sidecar answers pages of this origin, but only to say that they may not connect. */
export async function isRefused(base: URL): Promise<boolean> {
  try {
    const answer = await fetch(new URL("element.js", base), { method: "HEAD", cache: "no-store" });
    return answer.headers.has("x-gpu-panel-refused");
  } catch {
    return false;
  }
}
