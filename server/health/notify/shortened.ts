/** As much of a text as fits, in UTF-8, without half a letter at its end. Pure. */
export function shortened(text: string, mostBytes: number): string {
  if (Buffer.byteLength(text) <= mostBytes) return text;
  const cut = Buffer.from(text).subarray(0, mostBytes).toString("utf8");
  return cut.replace(/\uFFFD+$/, "");
}
