/** What vLLM's `/metrics` tells of itself. */
export interface VllmMetrics {
  /** Of all engines together; `null` where it does not count them (`--disable-log-stats`). */
  requests: { running: number; waiting: number } | null;
  /** Every engine sleeps; `null` where it does not tell, as older builds. A paused engine is awake. */
  asleep: boolean | null;
  /** Names under which models are served. */
  models: string[];
}

/**
 * One sample of a gauge, with its labels. The brace or blank after the name keeps out gauges whose name only
 * begins so, such as `num_requests_waiting_by_reason`, which counts the same requests again.
 */
const SAMPLE =
  /^vllm:(num_requests_running|num_requests_waiting|engine_sleep_state)(?:\{(.*)\})?[ \t]+(\S+)/gm;
const MODEL_NAME = /(?:^|,)model_name="((?:[^"\\]|\\.)*)"/;
const AWAKE = /(?:^|,)sleep_state="awake"/;

/** Reads the Prometheus text; `null` where it is none. */
export function readVllmMetrics(text: string): VllmMetrics | null {
  if (!/^# (?:HELP|TYPE) |^vllm:/m.test(text)) return null;
  const counts = { running: 0, waiting: 0 };
  const awake: number[] = [];
  const models = new Set<string>();
  let counted = false;
  for (const [, gauge, labels = "", figure] of text.matchAll(SAMPLE)) {
    const count = Number(figure);
    if (!Number.isFinite(count)) continue;
    if (gauge === "engine_sleep_state") {
      if (AWAKE.test(labels)) awake.push(count);
      continue;
    }
    counts[gauge === "num_requests_running" ? "running" : "waiting"] += count;
    counted ||= gauge === "num_requests_running";
    const model = MODEL_NAME.exec(labels)?.[1];
    if (model !== undefined) models.add(model);
  }
  return {
    requests: counted ? counts : null,
    asleep: awake.length === 0 ? null : awake.every((value) => value === 0),
    models: [...models],
  };
}
