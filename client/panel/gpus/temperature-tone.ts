/** Colour of a temperature: most data-centre and consumer GPUs begin to throttle between 83 and 90 °C. */
export function temperatureTone(temperatureC: number | null): "normal" | "high" | "full" {
  if (temperatureC === null || temperatureC < 83) return "normal";
  return temperatureC < 90 ? "high" : "full";
}
