/**
 * Stands in for Recharts' way of measuring, which leaves a `<span>` in the page around the panel, with that page's
 * styles. The chart's labels have one font; a canvas measures it without a trace.
 */
export function getStringSize(text: string | number | null | undefined): { width: number; height: number } {
  if (text === null || text === undefined || typeof document === "undefined") return { width: 0, height: 0 };
  const context = document.createElement("canvas").getContext("2d");
  if (context === null) return { width: 0, height: 0 };
  context.font = `${FONT_PX}px system-ui, sans-serif`;
  return { width: context.measureText(String(text)).width, height: FONT_PX * LINE_HEIGHT };
}

const FONT_PX = 12;
const LINE_HEIGHT = 1.2;
