import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { bytesSection } from "./bytes.ts";
import { faultsSection } from "./faults.ts";
import { formatTable, type Section } from "./figure.ts";
import { groupSection } from "./group.ts";
import { historySection } from "./history.ts";
import { pageSection } from "./page.ts";
import { sidecarSection } from "./sidecar.ts";
import { startSection } from "./start.ts";
import { wireSection } from "./wire.ts";

const SECTIONS: Record<string, Section> = {
  start: startSection,
  wire: wireSection,
  bytes: bytesSection,
  history: historySection,
  sidecar: sidecarSection,
  faults: faultsSection,
  page: pageSection,
  group: groupSection,
};

/** Measures the sections that are named, or all (`--minutes N`: some for so long), and prints each as a table. Never fails for a slow figure. */
export async function main(args: readonly string[]): Promise<void> {
  const { values, positionals: names } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { minutes: { type: "string" } },
  });
  const minutes = values.minutes === undefined ? undefined : Number(values.minutes);
  const unknown = names.filter((name) => !(name in SECTIONS));
  if (unknown.length > 0) {
    print(`There is no section ${unknown.join(", ")}; there are: ${Object.keys(SECTIONS).join(", ")}`);
    return;
  }
  print(
    `${cpus().length} cores of ${cpus()[0]?.model.trim() ?? "?"}, Node ${process.version}; load ${load()}`,
  );
  for (const [name, section] of Object.entries(SECTIONS)) {
    if (names.length > 0 && !names.includes(name)) continue;
    print(`\n== ${name} ==`);
    try {
      const { figures, notes } = await section({ minutes });
      print(formatTable(figures));
      for (const note of notes) print(`  ${note}`);
    } catch (error) {
      print(
        `could not be measured: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    }
  }
  print(`\nload at the end ${load()}`);
}

/** Whatever else runs on this machine disturbs the figures: to be seen beside them. */
function load(): string {
  return loadavg()
    .map((value) => value.toFixed(1))
    .join(" ");
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
