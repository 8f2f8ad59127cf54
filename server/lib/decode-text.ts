const UTF8 = new TextDecoder("utf-8", { fatal: true });
/** What Chinese Windows writes (code page 936). */
const CHINESE = new TextDecoder("gb18030");

/** Text of what a program has printed, line by line: UTF-8, or else the Chinese code page of Windows. Never throws. */
export function decodeText(bytes: Buffer): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    return splitLines(bytes).map(decodeLine).join("\n");
  }
}

function decodeLine(line: Buffer): string {
  try {
    return UTF8.decode(line);
  } catch {
    return CHINESE.decode(line);
  }
}

/** No second byte of a character in either encoding is a line break. */
function splitLines(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let from = 0; from <= bytes.length; ) {
    const end = bytes.indexOf(0x0a, from);
    lines.push(bytes.subarray(from, end < 0 ? bytes.length : end));
    from = end < 0 ? bytes.length + 1 : end + 1;
  }
  return lines;
}
