import { PANEL } from "./panel-tab.js";

/** Asks the panel below ComfyUI; `null`: the sidecar is away. */
export async function ask(path, body) {
  const options =
    body === undefined
      ? {}
      : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  try {
    const response = await fetch(new URL(path, PANEL), { ...options, signal: AbortSignal.timeout(15_000) });
    if (response.status >= 500) return null;
    const told = await response.json();
    return told.away === true ? null : { status: response.status, body: told };
  } catch {
    return null;
  }
}

/** Calls again and again while the page is seen; the next call waits for the one before. */
export function every(pauseMs, work) {
  let stopped = false;
  let timer;
  const again = async () => {
    try {
      if (!document.hidden) await work();
    } catch {
      // Another release of ComfyUI may lack something; the next look may find it.
    }
    if (!stopped) timer = setTimeout(again, pauseMs);
  };
  timer = setTimeout(again, 0);
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
