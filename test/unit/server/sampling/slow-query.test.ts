import { afterEach, expect, test } from "vitest";
import { createSlowQuery } from "../../../../server/sampling/slow-query.ts";
import { TIMINGS } from "../../../../server/timings.ts";
import { createFakeNvidiaSmi, type FakeScript, fakeGpu } from "../../../helpers/fake-nvidia-smi.ts";

const opened: (() => void)[] = [];
afterEach(() => {
  for (const close of opened.splice(0).reverse()) close();
});

function start(script: Partial<FakeScript>) {
  const fake = createFakeNvidiaSmi(script);
  const slow = createSlowQuery(
    [fake.path],
    { ...process.env, ...fake.env },
    () => 42,
    TIMINGS.patience.queryMs,
  );
  opened.push(fake.dispose, slow.close);
  return { fake, slow };
}

const LINK = {
  "pcie.link.gen.current": 1,
  "pcie.link.gen.max": 4,
  "pcie.link.width.current": 16,
  "pcie.link.width.max": 16,
  "pci.bus_id": "00000000:01:00.0",
};

test("HLT-13 what the driver reports is read, by GPU, and what it does not report is unknown", async () => {
  const { slow } = start({
    gpus: [fakeGpu(0, { ...LINK, "ecc.errors.uncorrected.volatile.total": 2 }), fakeGpu(1, LINK)],
  });
  const readings = await slow.read();
  expect([...(readings?.values() ?? [])]).toEqual([
    {
      atMs: 42,
      eccUncorrected: 2,
      pcieGen: 1,
      pcieGenMax: 4,
      pcieWidth: 16,
      pcieWidthMax: 16,
      busId: "00000000:01:00.0",
    },
    {
      atMs: 42,
      eccUncorrected: null,
      pcieGen: 1,
      pcieGenMax: 4,
      pcieWidth: 16,
      pcieWidthMax: 16,
      busId: "00000000:01:00.0",
    },
  ]);
});

test("HLT-13b a field that is refused is left out from then on, the rest is read", async () => {
  const { fake, slow } = start({
    gpus: [fakeGpu(0, LINK)],
    fields: ["uuid", "pci.bus_id", "pcie.link.width.current", "pcie.link.width.max"],
  });
  const [first] = (await slow.read())?.values() ?? [];
  expect(first).toMatchObject({
    eccUncorrected: null,
    pcieGen: null,
    pcieWidth: 16,
    busId: "00000000:01:00.0",
  });
  const asked = fake.starts().length;
  await slow.read();
  expect(fake.starts()).toHaveLength(asked + 1);
});

test("HLT-13 an nvidia-smi that fails tells nothing, and nothing throws", async () => {
  const { fake, slow } = start({ gpus: [fakeGpu(0, LINK)] });
  fake.set({ behaviour: { kind: "sentence", text: "No devices were found", exitCode: 6 } });
  expect(await slow.read()).toBeNull();
  expect(
    await createSlowQuery(["/no/such/nvidia-smi"], {}, () => 0, TIMINGS.patience.queryMs).read(),
  ).toBeNull();
});
