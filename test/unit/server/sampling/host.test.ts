import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { readHost } from "../../../../server/sampling/host.ts";

const GIB = 1024 ** 3;
const roots: string[] = [];
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true });
});

/** A machine of 64 GiB with 40 GiB available and a load of 9, and what else is in its files. */
function machine(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), "host-"));
  roots.push(root);
  const all = {
    "/proc/meminfo": `MemTotal:       ${64 * 1024 * 1024} kB\nMemFree: 1000 kB\nMemAvailable:   ${40 * 1024 * 1024} kB\n`,
    "/proc/loadavg": "9.04 5.00 3.00 2/900 1234\n",
    "/proc/vmstat": "nr_free_pages 1\noom_kill 5\n",
    ...files,
  };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const CG = "/sys/fs/cgroup";
const v2 = (folder: string, limit: number | "max", used: number, inactive = 0) => ({
  [`${CG}/cgroup.controllers`]: "cpu memory\n",
  [`${CG}${folder}/memory.max`]: `${limit}\n`,
  [`${CG}${folder}/memory.current`]: `${used}\n`,
  [`${CG}${folder}/memory.stat`]: `anon 1\ninactive_file ${inactive}\nactive_file 2\n`,
  [`${CG}${folder}/memory.events`]: "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\n",
});
const read = (files: Readonly<Record<string, string>>) => readHost(7, machine(files));

describe("the host", () => {
  test("HLT-10 a machine without limits: its own memory, load and kills", () => {
    const { state, figures } = read({});
    expect(state).toMatchObject({
      load1: 9.04,
      memoryTotalMiB: 65_536,
      memoryAvailableMiB: 40_960,
      memoryLimitMiB: null,
      cpuLimit: null,
    });
    expect(figures).toMatchObject({
      atMs: 7,
      memoryUsedMiB: 24_576,
      memoryMostMiB: 65_536,
      memoryOf: "machine",
      oomKills: 5,
      cpuLimit: null,
    });
  });

  test("HLT-10 cgroup v2 in a container: the limit, less what files can give back", () => {
    const { state, figures } = read({
      "/proc/self/cgroup": "0::/\n",
      ...v2("", 16 * GIB, 15 * GIB, 3 * GIB),
      [`${CG}/cpu.max`]: "400000 100000\n",
      [`${CG}/cpu.stat`]: "usage_usec 1\nnr_periods 100\nnr_throttled 80\n",
    });
    expect(state).toMatchObject({ memoryLimitMiB: 16_384, memoryAvailableMiB: 4096, cpuLimit: 4 });
    expect(figures).toMatchObject({
      memoryUsedMiB: 12_288,
      memoryMostMiB: 16_384,
      memoryOf: "container",
      oomKills: 2,
      cpuLimit: 4,
      cpuPeriods: { all: 100, throttled: 80 },
    });
  });

  test("HLT-10 cgroup v2 on the host: the narrowest limit of a service and of the slice around it", () => {
    const { state, figures } = read({
      "/proc/self/cgroup": "0::/gpu.slice/panel.service\n",
      ...v2("/gpu.slice/panel.service", "max", GIB),
      ...v2("/gpu.slice", 32 * GIB, 8 * GIB),
      [`${CG}/gpu.slice/panel.service/cpu.max`]: "max 100000\n",
      [`${CG}/gpu.slice/cpu.max`]: "250000 100000\n",
    });
    expect(state).toMatchObject({ memoryLimitMiB: 32_768, cpuLimit: 2.5 });
    expect(figures).toMatchObject({ memoryOf: "container", memoryUsedMiB: 8192 });
  });

  test.each(["/docker/abc123", "/"])("HLT-10 cgroup v1, the group named %s, mounted at its root", (group) => {
    const { state, figures } = read({
      "/proc/self/cgroup": `12:memory:${group}\n4:cpu,cpuacct:${group}\n1:name=systemd:${group}\n`,
      [`${CG}/memory/memory.limit_in_bytes`]: `${8 * GIB}\n`,
      [`${CG}/memory/memory.usage_in_bytes`]: `${8 * GIB - 1}\n`,
      [`${CG}/memory/memory.stat`]: `cache 5\ntotal_inactive_file ${GIB}\n`,
      [`${CG}/memory/memory.oom_control`]: "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n",
      [`${CG}/cpu,cpuacct/cpu.cfs_quota_us`]: "150000\n",
      [`${CG}/cpu,cpuacct/cpu.cfs_period_us`]: "100000\n",
      [`${CG}/cpu,cpuacct/cpu.stat`]: "nr_periods 10\nnr_throttled 1\n",
    });
    expect(state).toMatchObject({ memoryLimitMiB: 8192, memoryAvailableMiB: 1024, cpuLimit: 1.5 });
    expect(figures).toMatchObject({
      memoryOf: "container",
      memoryUsedMiB: 7168,
      oomKills: 4,
      cpuPeriods: { all: 10, throttled: 1 },
    });
  });

  test("HLT-10 no limit is written in many ways, and a limit above the machine's memory is none", () => {
    const none = { memoryLimitMiB: null, cpuLimit: null, memoryAvailableMiB: 40_960 };
    expect(
      read({ "/proc/self/cgroup": "0::/\n", ...v2("", "max", GIB), [`${CG}/cpu.max`]: "max 100000\n" }).state,
    ).toMatchObject(none);
    expect(read({ "/proc/self/cgroup": "0::/\n", ...v2("", 65 * GIB, GIB) }).state).toMatchObject(none);
    const v1 = {
      [`${CG}/memory/memory.limit_in_bytes`]: "9223372036854771712\n",
      [`${CG}/memory/memory.usage_in_bytes`]: "1000\n",
      [`${CG}/cpu/cpu.cfs_quota_us`]: "-1\n",
      [`${CG}/cpu/cpu.cfs_period_us`]: "100000\n",
    };
    expect(read({ "/proc/self/cgroup": "12:memory:/a\n4:cpu:/a\n", ...v1 }).state).toMatchObject(none);
    expect(
      read({ "/proc/self/cgroup": "0::/../../other\n", ...v2("", 16 * GIB, GIB) }).state.memoryLimitMiB,
    ).toBe(16_384);
  });

  test("HLT-10 a limit that the machine's own memory will not let it reach is not what runs out first", () => {
    const { state, figures } = read({ "/proc/self/cgroup": "0::/\n", ...v2("", 60 * GIB, GIB) });
    expect(state).toMatchObject({ memoryLimitMiB: 61_440, memoryAvailableMiB: 40_960 });
    expect(figures).toMatchObject({ memoryOf: "machine", memoryMostMiB: 65_536 });
  });

  test("HLT-10 without any of these files nothing is made up", () => {
    const root = mkdtempSync(join(tmpdir(), "host-"));
    roots.push(root);
    const { state, figures } = readHost(0, root);
    expect(state.memoryAvailableMiB).toBeNull();
    expect(figures).toMatchObject({ memoryUsedMiB: null, oomKills: null, cpuLimit: null });
  });
});
