import { run, WHO } from "./bench.ts";
import { CROWD, EXCLUDING, MACHINES, ONE_PERSON, PATIENT } from "./world/machines.ts";
export function main(args: readonly string[]) {
  const seeds = (args[0] ?? "1").split(",").map(Number);
  const only = args[1] ?? "";
  const who = args[2] === undefined ? WHO : WHO.filter((w) => args[2].split(",").includes(w));
  const change = args[3] === undefined ? {} : JSON.parse(args[3]);
  const noise = Number(args[4] ?? 0.045);
  const wrong = Number(args[5] ?? 0);
  for (const machine of [...MACHINES, ONE_PERSON, EXCLUDING, PATIENT, CROWD].filter((m) =>
    m.name.includes(only),
  )) {
    let base = [0, 0];
    for (const w of who) {
      const t0 = performance.now();
      const sum = { A: 0, D: 0, starts: 0, b: 0, m: 0, f: 0, v: 0, lw: 0, lws: 0, w: 0 };
      for (const seed of seeds) {
        const o = run({ machine, who: w, seed, noise, wrong, change });
        sum.A += o.vramTime;
        sum.D += o.finished;
        sum.starts += o.starts;
        sum.b += o.outOfMemory.bookkeeping;
        sum.m += o.outOfMemory.measured;
        sum.f += o.outOfMemory.first;
        sum.v += o.outOfMemory.visitor;
        sum.lw = Math.max(sum.lw, o.longestWait);
        sum.lws = Math.max(sum.lws, o.longestWaitS);
        sum.w += o.waitS / seeds.length;
      }
      if (w === "perfect") base = [sum.A, sum.D];
      console.log(
        machine.name.padEnd(38),
        w.padEnd(11),
        `A ${sum.A.toFixed(2)} ${(sum.A / base[0]).toFixed(2)}  D ${sum.D} ${(sum.D / base[1]).toFixed(2)} starts ${sum.starts} oom book ${sum.b} meas ${sum.m} first ${sum.f} vis ${sum.v}  wait ${sum.w.toFixed(0)} longest ${sum.lw.toFixed(1)} ${sum.lws}  ${((performance.now() - t0) / seeds.length).toFixed(0)} ms`,
      );
    }
  }
}
