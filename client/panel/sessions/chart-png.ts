const STYLES = [
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "stroke-opacity",
  "opacity",
  "font",
  "text-anchor",
  "paint-order",
  "visibility",
  "display",
] as const;

/** Drawn twice as large as it is shown, for print and sharp screens. */
const SCALE = 2;
const MARGIN = 16;

/**
 * A picture of an SVG chart as it looks on the page, with a background and a title above it. Its styles are written
 * into a copy, for a picture has no style sheet.
 */
export async function chartPng(
  chart: SVGSVGElement,
  title: string,
  background: string,
  ink: string,
): Promise<Blob> {
  const { width, height } = chart.getBoundingClientRect();
  const copy = document.importNode(chart, true);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", String(width));
  copy.setAttribute("height", String(height));
  const originals = [chart, ...chart.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((element, i) => {
    const original = originals[i];
    if (original === undefined) return;
    const style = getComputedStyle(original);
    element.setAttribute("style", STYLES.map((name) => `${name}:${style.getPropertyValue(name)}`).join(";"));
  });
  const picture = new Image();
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
  await picture.decode();

  const head = 28;
  const canvas = document.createElement("canvas");
  canvas.width = (width + 2 * MARGIN) * SCALE;
  canvas.height = (height + 2 * MARGIN + head) * SCALE;
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("this browser draws no pictures");
  context.scale(SCALE, SCALE);
  context.fillStyle = background;
  context.fillRect(0, 0, width + 2 * MARGIN, height + 2 * MARGIN + head);
  context.fillStyle = ink;
  context.font = "600 14px system-ui, sans-serif";
  context.fillText(title, MARGIN, MARGIN + 12, width);
  context.drawImage(picture, MARGIN, MARGIN + head, width, height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob === null ? reject(new Error("no picture")) : resolve(blob)), "image/png");
  });
}
