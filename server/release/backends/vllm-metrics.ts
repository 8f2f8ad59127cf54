/** What vLLM's `/metrics` tells of its requests. */
export interface VllmRequests {
  /** All engines together. */
  running: number;
  waiting: number;
  /** Names under which models are served. */
  models: string[];
}

/**
 * One sample of a gauge, with its labels. The brace or blank after the name keeps out gauges whose name only
 * begins so, such as `num_requests_waiting_by_reason`, which counts the same requests again.
 */
const SAMPLE = /^vllm:num_requests_(running|waiting)(?:\{(.*)\})?[ \t]+(\S+)/gm;
const MODEL_NAME = /(?:^|,)model_name="((?:[^"\\]|\\.)*)"/;

/** Reads the Prometheus text; `null` where it does not tell of requests (`--disable-log-stats`). */
export function readVllmRequests(text: string): VllmRequests | null {
  const counts = { running: 0, waiting: 0 };
  const models = new Set<string>();
  let found = false;
  for (const [, gauge, labels = "", figure] of text.matchAll(SAMPLE)) {
    const count = Number(figure);
    if (!Number.isFinite(count)) continue;
    counts[gauge === "running" ? "running" : "waiting"] += count;
    found ||= gauge === "running";
    const model = MODEL_NAME.exec(labels)?.[1];
    if (model !== undefined) models.add(model);
  }
  return found ? { ...counts, models: [...models] } : null;
}
