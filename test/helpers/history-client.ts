import * as v from "valibot";
import { type GpuHistory, type HistoryAnswer, historyAnswerSchema } from "../../shared/history/series.ts";

/** Asks a sidecar for history; what it refuses comes back with its status. */
export async function askHistory(
  baseUrl: string,
  query: Readonly<Record<string, string | number>> = {},
): Promise<{ status: number; answer: HistoryAnswer | null; body: unknown; retryAfter: string | null }> {
  const params = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
  const response = await fetch(`${baseUrl}api/v1/history?${params}`);
  const body: unknown = await response.json();
  const answer = response.ok ? v.parse(historyAnswerSchema, body) : null;
  return { status: response.status, answer, body, retryAfter: response.headers.get("retry-after") };
}

type Series = "memoryUsedMiB" | "utilizationGpuPct" | "temperatureC" | "powerDrawW";

/** The different highest figures of one GPU, in order of time, gaps left out. */
export function peaksOf(gpu: GpuHistory | undefined, name: Series = "memoryUsedMiB"): number[] {
  const all = (gpu?.[name].max ?? []).filter((value) => value !== null);
  return all.filter((value, i) => value !== all[i - 1]);
}
