import { describe, expect, it } from "vitest";
import { branches, CSV, corpus, createFake, fieldsFile, run } from "./run-fake.ts";

describe("the fields", () => {
  it.each(branches)("are those of the file: %s", async (branch) => {
    const known = fieldsFile(branch);
    const fake = createFake({ fields: branch });
    const all = await run(fake, [`--query-gpu=${known.join(",")}`, CSV]);
    expect(all.code).toBe(0);
    expect(all.out.split(", ")).toHaveLength(known.length);

    // The old names of these stay aliases where the file lists only the new ones.
    const unknown = branches
      .flatMap(fieldsFile)
      .filter((field) => !known.includes(field) && !field.startsWith("clocks_throttle_reasons."));
    for (const field of new Set([unknown[0], unknown.at(-1)])) {
      if (field === undefined) continue;
      expect(await run(fake, [`--query-gpu=index,${field}`, CSV])).toEqual({
        code: 2,
        out: `Field "${field}" is not a valid field to query.\n\n`,
      });
    }
  });

  it("are refused in a loop, too, with the real sentence", async () => {
    const fake = createFake({ fields: "390" });
    const answer = await run(fake, ["--query-gpu=clocks_event_reasons.active", CSV, "-lms", "100"]);
    expect(answer).toEqual({ code: 2, out: corpus("err-field.txt") });
  });

  it("are exactly those of a list, without aliases", async () => {
    const fake = createFake({ fields: ["index", "clocks_event_reasons.active"] });
    expect((await run(fake, ["--query-gpu=index,clocks_event_reasons.active", CSV])).code).toBe(0);
    expect((await run(fake, ["--query-gpu=clocks_throttle_reasons.active", CSV])).code).toBe(2);
  });

  it.each(branches)("are all in the help: %s", async (branch) => {
    const { code, out } = await run(createFake({ fields: branch }), ["--help-query-gpu"]);
    expect(code).toBe(0);
    const lines = out.split("\n");
    expect(lines[0]).toBe('List of valid properties to query for the switch "--query-gpu":');
    const canonical = lines.flatMap((line) => /^"([^"]+)"/.exec(line)?.[1] ?? []);
    expect(canonical).toEqual(fieldsFile(branch));
    expect(lines).toContain('"uuid" or "gpu_uuid"');
    if (branch === "595") {
      expect(lines).toContain('"clocks_event_reasons.active" or "clocks_throttle_reasons.active"');
    }
  });

  it("stay unknown where the help fails", async () => {
    expect(await run(createFake({ helpFails: true }), ["--help-query-gpu"])).toEqual({ code: 1, out: "" });
  });
});
