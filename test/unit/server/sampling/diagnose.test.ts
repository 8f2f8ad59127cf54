import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  concernsOneGpu,
  diagnoseEnding,
  diagnoseSentence,
  fieldToDrop,
} from "../../../../server/sampling/diagnose.ts";
import { problemsEn } from "../../../../shared/problems/en.ts";
import { corpusNames, corpusText } from "./corpus.ts";

/** What the name of a recorded error says it is. */
const CODES: readonly [RegExp, string][] = [
  [/^err-(?:field|loop|option|two)/, "query-refused"],
  [/^err-gpu-needs-reset/, "gpu-needs-reset"],
  [/^err-gpu-(?:lost|unknown)/, "gpu-lost"],
  [/^err-mismatch/, "driver-library-mismatch"],
  [/^err-no-driver/, "no-driver"],
  [/^err-nvml-unknown/, "nvml-unknown-error"],
];
const errors = corpusNames(/^err-/).map(
  (name) => [name, CODES.find(([pattern]) => pattern.test(name))?.[1]] as const,
);

describe("what is wrong", () => {
  test.each(errors)(
    "SMP-9 %s: %s, as a sentence and at the end of a child, whatever its exit code",
    (name, code) => {
      expect(code).toBeDefined();
      const text = corpusText(name);
      const found = diagnoseSentence(text);
      expect(found?.code).toBe(code);
      expect(`${found?.message} ${found?.advice}`).not.toMatch(/[{}]|\?\.?$/);
      for (const exit of [2, 9, 255]) {
        expect(diagnoseEnding({ code: exit, signal: null, lastWords: text })).toEqual(found);
      }
    },
  );

  test.each([
    ["err-gpu-lost-old.txt", "0000:02:00.0"],
    ["err-gpu-unknown-610.txt", "1: 0000:34:00.0"],
    ["err-gpu-unknown-nospace.txt", "0000:CB:00.0"],
    ["err-gpu-unknown-old.txt", "0000:0B:00.0"],
    ["err-gpu-needs-reset.txt", "1"],
  ])("SMP-9 %s names the GPU %s, and leaves the others alone", (name, gpu) => {
    const found = diagnoseSentence(corpusText(name));
    expect(found?.params.gpu).toBe(gpu);
    expect(found?.message).toContain(gpu);
    expect(found === null ? null : concernsOneGpu(found)).toBe(true);
  });

  test.each([
    [2, "query-refused"],
    [4, "permission-denied"],
    [6, "no-devices"],
    [9, "no-driver"],
    [12, "driver-library-missing"],
    [15, "gpu-lost"],
    [18, "driver-library-mismatch"],
    [126, "nvidia-smi-not-runnable"],
    [127, "nvidia-smi-not-found"],
    [0, "process-ended"],
    [8, "process-ended"],
    [255, "process-ended"],
  ])("SMP-9 exit code %i without known words is %s, with every place filled", (code, expected) => {
    for (const lastWords of ["", "something nobody has heard of"]) {
      const found = diagnoseEnding({ code, signal: null, lastWords });
      expect(found.code).toBe(expected);
      expect(`${found.message} ${found.advice}`).not.toMatch(/[{}]/);
      if (expected === "process-ended") expect(found.message).toContain(`exit code ${code}`);
    }
  });

  test("SMP-9 other sentences of nvidia-smi, as its sources word them", () => {
    const codeOf = (text: string) => diagnoseSentence(text)?.code;
    expect(codeOf("No devices were found")).toBe("no-devices");
    expect(codeOf("NVIDIA-SMI couldn't find libnvidia-ml.so library in your system.")).toBe(
      "driver-library-missing",
    );
    expect(codeOf("Failed to initialize NVML: Driver Not Loaded")).toBe("no-driver");
    expect(codeOf("Failed to initialize NVML: Insufficient Permissions")).toBe("permission-denied");
    expect(codeOf("Failed to initialize NVML: GPU access blocked by the operating system")).toBe(
      "wsl-blocked",
    );
    expect(codeOf("Thu Aug 27 18:05:38 2026")).toBeUndefined();
  });

  test("SMP-9 a file that the shell may not run is told as such, not as a GPU that may not be read", () => {
    const lastWords = "sh: 1: /opt/nvidia-smi: Permission denied";
    expect(diagnoseEnding({ code: 126, signal: null, lastWords }).code).toBe("nvidia-smi-not-runnable");
  });

  test("SMP-9 a signal is named, and whatever was said last is diagnosed without throwing", () => {
    expect(diagnoseEnding({ code: null, signal: "SIGSEGV", lastWords: "" }).message).toContain("SIGSEGV");
    fc.assert(
      fc.property(fc.option(fc.nat({ max: 255 }), { nil: null }), fc.string(), (code, lastWords) => {
        const found = diagnoseEnding({ code, signal: null, lastWords });
        expect(Object.keys(problemsEn)).toContain(found.code);
      }),
    );
  });

  test("SMP-4b the field to drop is told by the ending that refuses it, and by no other", () => {
    const ending = (name: string) => ({ code: 2, signal: null, lastWords: corpusText(name) });
    expect(fieldToDrop(ending("err-field.txt"))).toBe("clocks_event_reasons.active");
    expect(fieldToDrop(ending("err-option-loop.txt"))).toBeNull();
  });

  test("SMP-9 what a wrapper says is not what the driver says, and each cause gets its own advice", () => {
    const codeOf = (
      lastWords: string,
      code: number | null = 255,
      signal: string | null = null,
      isWsl = false,
    ) => diagnoseEnding({ code, signal, lastWords }, isWsl).code;
    expect(codeOf("user@host: Permission denied (publickey).")).toBe("process-ended");
    expect(codeOf("permission denied while trying to connect to the Docker daemon socket", 1)).toBe(
      "process-ended",
    );
    expect(codeOf("Failed to initialize NVML: Insufficient Permissions")).toBe("permission-denied");
    expect(codeOf("", 4)).toBe("permission-denied");
    expect(codeOf("Failed to initialize NVML: Internal Error")).toBe("nvml-internal-error");
    expect(codeOf("Internal NVML error")).toBe("nvml-internal-error");
    expect(codeOf("spawn /bin/sh EMFILE", 126)).toBe("out-of-resources");
    expect(codeOf("/bin/sh: 1: Cannot fork", 2)).toBe("out-of-resources");
    expect(codeOf("", null, "SIGSEGV", true)).toBe("wsl-crash");
    expect(codeOf("Segmentation fault", 139, null, true)).toBe("wsl-crash");
    expect(codeOf("", 139)).toBe("process-ended");
    expect(problemsEn["no-devices"].advice).toMatch(/open kernel module.*Above 4G/);
  });
});
