import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  chooseColumns,
  dropField,
  gpuLoopArguments,
  KNOWN_FIELDS_ARGUMENTS,
  PROCESS_ARGUMENTS,
  parseKnownFields,
  refusedField,
} from "../../../../server/sampling/query.ts";
import { createFakeNvidiaSmi } from "../../../helpers/fake-nvidia-smi.ts";
import { corpusText, knownFields } from "./corpus.ts";

const everyName = [...new Set([...knownFields.values()].flatMap((fields) => [...fields]))];

describe("the query", () => {
  test("SMP-4 the help of a driver tells what it knows, aliases too, and nothing that it does not", () => {
    const fake = createFakeNvidiaSmi({ fields: "595" });
    try {
      const { stdout } = spawnSync(fake.path, KNOWN_FIELDS_ARGUMENTS, {
        encoding: "utf8",
        env: { ...process.env, ...fake.env },
      });
      const told = parseKnownFields(stdout);
      const recorded = knownFields.get("595") ?? new Set<string>();
      expect([...recorded].filter((field) => !told.has(field))).toEqual([]);
      // What is told beyond the recorded names is an alias: it stands behind an "or".
      const aliases = [...told].filter((field) => !recorded.has(field));
      expect(aliases).toEqual(expect.arrayContaining(["clocks.sm", "clocks_throttle_reasons.active"]));
      for (const alias of aliases) expect(stdout).toContain(`or "${alias}"`);
    } finally {
      fake.dispose();
    }
  });

  test("SMP-4 of any set of known fields only members are asked for, each column once, the name last", () => {
    fc.assert(
      fc.property(fc.subarray(everyName, { minLength: 1 }), (names) => {
        const known = new Set([...names, "index", "uuid", "name"]);
        const columns = chooseColumns(known);
        expect(columns.filter(({ field }) => !known.has(field))).toEqual([]);
        expect(new Set(columns.map(({ key }) => key)).size).toBe(columns.length);
        expect(columns.at(-1)?.field).toBe("name");
      }),
    );
  });

  test.each([...knownFields])(
    "SMP-4 branch %s is asked for VRAM, load and who the GPU is, and for no name it refuses",
    (branch, known) => {
      const asked = chooseColumns(known).map(({ field }) => field);
      const needed = [
        "timestamp",
        "index",
        "uuid",
        "name",
        "driver_version",
        "memory.total",
        "memory.used",
        "memory.free",
      ];
      expect(asked).toEqual(
        expect.arrayContaining([...needed, "utilization.gpu", "temperature.gpu", "power.draw"]),
      );
      expect(asked.filter((field) => !known.has(field))).toEqual([]);
      expect(asked.includes("memory.reserved")).toBe(!["390", "470"].includes(branch));
    },
  );

  test("SMP-4 the help's explanations are no fields, its aliases are", () => {
    const help =
      '"timestamp"\nThe time "YYYY/MM/DD".\r\n\n"clocks.current.sm" or "clocks.sm"\nCurrent "x".\n';
    expect([...parseKnownFields(help)]).toEqual(["timestamp", "clocks.current.sm", "clocks.sm"]);
    expect(parseKnownFields("").size).toBe(0);
    expect(dropField(chooseColumns(new Set()), "no such field")).toEqual(chooseColumns(new Set()));
  });

  test("SMP-4 old drivers are asked under the old names, new ones under the new", () => {
    const fieldOf = (branch: string, key: string) =>
      chooseColumns(knownFields.get(branch) ?? new Set()).find((column) => column.key === key)?.field;
    expect(fieldOf("470", "throttle")).toBe("clocks_throttle_reasons.active");
    expect(fieldOf("610", "throttle")).toBe("clocks_event_reasons.active");
    expect(fieldOf("390", "mig")).toBeUndefined();
  });

  test("SMP-4b when the help cannot be read, refusals end, whichever fields a driver knows", () => {
    fc.assert(
      fc.property(fc.constantFrom(...knownFields.values()), (known) => {
        let columns = chooseColumns(new Set());
        const refused: string[] = [];
        for (;;) {
          const field = columns.find((column) => !known.has(column.field))?.field;
          if (field === undefined) break;
          expect(refused).not.toContain(field);
          refused.push(field);
          columns = dropField(columns, field);
        }
        // What is left is what would have been asked for with the help at hand.
        expect(columns).toEqual(chooseColumns(known));
      }),
    );
  });

  test("SMP-4b the refused field is read from the sentence", () => {
    expect(refusedField(corpusText("err-field.txt"))).toBe("clocks_event_reasons.active");
    expect(refusedField(corpusText("err-field-compute-cap.txt"))).toBe("compute_cap");
    expect(refusedField(corpusText("err-no-driver.txt"))).toBeNull();
  });

  test("SMP-5 the loop is asked for in milliseconds, without header and units, and apart from the processes", () => {
    const loop = gpuLoopArguments(chooseColumns(new Set(["index", "name"])), 250);
    expect(loop).toEqual(["--query-gpu=index,name", "--format=csv,noheader,nounits", "-lms", "250"]);
    expect(
      [...loop, ...PROCESS_ARGUMENTS].filter((argument) => argument.startsWith("--query-")),
    ).toHaveLength(2);
    expect(PROCESS_ARGUMENTS.join(" ")).not.toContain("--query-gpu");
  });
});
