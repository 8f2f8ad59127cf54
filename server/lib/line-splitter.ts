/** Cuts a stream of chunks into lines. A line longer than the limit is cut there, so that no input can fill memory. */
export interface LineSplitter {
  push(chunk: string): string[];
  /** What came after the last line break. */
  rest(): string;
}

const LONGEST_LINE = 16_384;

export function createLineSplitter(): LineSplitter {
  let buffer = "";
  return {
    push(chunk) {
      buffer += chunk;
      const lines = buffer.split(/\r?\n/);
      buffer = lines.pop() ?? "";
      if (buffer.length > LONGEST_LINE) {
        lines.push(buffer);
        buffer = "";
      }
      return lines.map(alone);
    },
    rest: () => buffer,
  };
}

/** A copy. As cut out by V8 a name of it that is kept, as in a session, would keep the whole chunk in memory. */
const alone = (line: string) => Buffer.from(line).toString();
