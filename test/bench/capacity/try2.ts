import { run } from "./bench.ts";
import { MACHINES, ONE_PERSON, EXCLUDING, PATIENT, CROWD } from "./world/machines.ts";
import { explainWaiting } from "../../../server/capacity/published/waiting.ts";
export function main(args: readonly string[]) {
  const machine = [...MACHINES, ONE_PERSON, EXCLUDING, PATIENT, CROWD].find((m) => m.name.includes(args[1] ?? ""))!;
  run({ machine, who: (args[2] ?? "declared") as never, seed: Number(args[0]), noise: 0.045, wrong: 0, watch: (truth, shipped) => {
    if (truth.nowS % Number(args[3] ?? 60) !== 0) return;
    const s = shipped.state();
    console.log(truth.nowS, "run", s.running.map((j) => `${j.jobClass.key}:${j.figureMiB}/${j.seenMiB}`).join(" "), "| wait", explainWaiting(s, truth.nowS * 1000, shipped.policy).map((w, i) => `${s.waiting[i]!.jobClass.key}@${((truth.nowS * 1000 - s.waiting[i]!.askedMs) / 1000)|0} ${JSON.stringify(w.why)} ${w.reservedGpus} ${w.startsMs && (w.startsMs/1000)|0}`).join(" ; "), "| truth", truth.programs.map((p) => `${p.name}${p.gpus}:${p.levelMiB|0}${p.jobs.length ? "*" : ""}`).join(" "), "| T", s.gpus.map((g) => g.kind === "listed" ? g.tenants.map((x) => `${x.state}:${x.heldMiB}:${x.peaks}`).join(" ") : `${g.unlisted.state} ${g.unlisted.otherMiB} own ${JSON.stringify([...g.unlisted.owned])} for ${g.unlisted.movedFor} settled ${g.unlisted.isSettled} ${JSON.stringify(g.unlisted.ticket)}`).join(" / "));
  } });
}
