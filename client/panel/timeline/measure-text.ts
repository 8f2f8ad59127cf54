const FONT_PX = 12;
const LINE_HEIGHT = 1.2;
const HEIGHT = FONT_PX * LINE_HEIGHT;

let context: CanvasRenderingContext2D | null | undefined;

/** Made once: making a canvas costs more than all the rest of an axis. */
function pen(): CanvasRenderingContext2D | null {
  if (context === undefined) {
    context = document.createElement("canvas").getContext("2d");
    if (context !== null) context.font = `${FONT_PX}px system-ui, sans-serif`;
  }
  return context;
}

/**
 * Stands in for Recharts' way of measuring, which leaves a `<span>` in the page around the panel, with that page's
 * styles. The chart's labels have one font; a canvas measures it without a trace.
 */
export function getStringSize(text: string | number | null | undefined): { width: number; height: number } {
  const place = text === null || text === undefined || typeof document === "undefined" ? null : pen();
  return place === null
    ? { width: 0, height: 0 }
    : { width: place.measureText(String(text)).width, height: HEIGHT };
}
