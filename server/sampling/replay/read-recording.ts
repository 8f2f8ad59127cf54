import { stat } from "node:fs/promises";
import { createInterface } from "node:readline";
import { problem } from "../../../shared/problems/make-problem.ts";
import { type Reply, refuse, succeed } from "../../../shared/protocol/reply.ts";
import { errorCode } from "../../lib/error-code.ts";
import { createRecordingBuilder, type RecordingBuilder } from "./build-recording.ts";
import { type Header, readHeader } from "./header.ts";
import { openText } from "./open-text.ts";
import { dayOrderOf } from "./parse-time.ts";
import type { Recording } from "./recording.ts";
import { splitCells } from "./split-cells.ts";

/** Lines that are looked at to learn the order of day and month. */
const SAMPLE_LINES = 2000;

/**
 * Reads a CSV log: ours, or what `nvidia-smi -l … --format=csv` wrote, whatever its fields and their order. A wrong
 * line is counted and left out.
 * @returns the recording, or why there is none
 */
export async function readRecording(path: string, signal: AbortSignal): Promise<Reply<Recording>> {
  try {
    if (!(await stat(path)).isFile())
      return refuse(problem("replay-unreadable", { detail: "it is not a file" }));
    const recording = await parse(path, signal);
    if (recording === null) return refuse(problem("replay-no-header"));
    if (recording.times.length === 0) return refuse(problem("replay-empty", { wrong: recording.wrongLines }));
    return succeed(recording);
  } catch (error) {
    return refuse(problem("replay-unreadable", { detail: errorCode(error) }));
  }
}

/** `null`: the file does not begin with a header. */
async function parse(path: string, signal: AbortSignal): Promise<Recording | null> {
  const sample: string[] = [];
  let reader: LineReader | null = null;
  let header: Header | null = null;
  const input = await openText(path, signal);
  if (input === null) return null;
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  // A failure of the stream does not reach whoever reads the lines.
  const failed = new Promise<never>((_, reject) => input.once("error", reject));
  failed.catch(() => {});
  const read = (async () => {
    for await (const line of lines) {
      if (header === null) {
        if (line.trim() === "") continue;
        header = readHeader(splitCells(line) ?? []);
        if (header === null) return null;
      } else if (reader !== null) {
        reader.line(line);
      } else if (sample.push(line) >= SAMPLE_LINES) {
        reader = begin(header, sample);
      }
    }
    if (header === null) return null;
    return (reader ?? begin(header, sample)).finish();
  })();
  return Promise.race([read, failed]).finally(() => input.destroy());
}

interface LineReader {
  line(text: string): void;
  finish(): Recording;
}

function begin(header: Header, sample: readonly string[]): LineReader {
  const column = header.indexOf("timestamp");
  const order = sample
    .map((line) => dayOrderOf(splitCells(line)?.[column] ?? ""))
    .find((one) => one !== null);
  const builder: RecordingBuilder = createRecordingBuilder(header, order ?? "month-first");
  let number = 1;
  const reader = {
    line(text: string) {
      number += 1;
      if (text.trim() === "") return;
      const cells = splitCells(text);
      if (cells === null) return builder.wrong(number);
      // nvidia-smi writes its header again when it is started again and appends to the same file.
      const again = readHeader(cells);
      if (again === null) builder.push(cells, number);
      else builder.setHeader(again);
    },
    finish: builder.finish,
  };
  for (const line of sample) reader.line(line);
  return reader;
}
