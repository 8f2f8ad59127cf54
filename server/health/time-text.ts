/** A moment as people of this machine's time zone read it, to the second: `2026-11-21 14:03:07`. */
export function timeText(epochMs: number, language: "en" | "zh-CN"): string {
  // The Swedish way of writing a date is the international one, and understood in both languages.
  const text = new Date(epochMs).toLocaleString("sv-SE");
  return language === "zh-CN" ? text.replaceAll("-", "/") : text;
}
