/** Class of a temperature: most data-centre and consumer GPUs begin to throttle between 83 and 90 °C. */
export function temperatureTone(temperatureC: number | null): string {
  if (temperatureC === null || temperatureC <= 70) return "muted";
  if (temperatureC < 83) return "";
  return temperatureC < 90 ? "up warm" : "up full";
}

/** Below this a GPU with a job stands about (percent), as the rule of alerts has it. */
const IDLE_PCT = 60;

/** Class of a utilization: a GPU on which a job runs should be at work. */
export function utilizationTone(utilizationPct: number | null, running: number | null): string {
  if (utilizationPct === null) return "muted";
  if ((running ?? 0) > 0 && utilizationPct < IDLE_PCT) return "up warm";
  return utilizationPct < 5 ? "muted" : "";
}
