import type { Random } from "../random.ts";

/** Another program's wish for VRAM: from then on it wants this much. */
export interface Wish {
  atS: number;
  program: number;
  mib: number;
}

export interface OtherProgram {
  name: string;
  /** GPU on which it lives. */
  gpu: number;
}

export interface OtherPrograms {
  programs: OtherProgram[];
  /** In order of time. */
  wishes: Wish[];
}

const HOUR = 3600;

/**
 * Programs that come and go: on every GPU two small ones (a browser, a viewer: 100–400 MiB, minutes to hours), and
 * where the machine has one a language-model server that loads within 8 s, stays 20–60 min and goes.
 */
export function drawOthers(
  random: Random,
  gpuCount: number,
  endS: number,
  serverMiB: number | null,
): OtherPrograms {
  const programs: OtherProgram[] = [];
  const wishes: Wish[] = [];
  const add = (name: string, gpu: number) => programs.push({ name, gpu }) - 1;
  for (let gpu = 0; gpu < gpuCount; gpu++) {
    for (const name of ["/usr/lib/xorg/Xorg", "/opt/google/chrome/chrome"]) {
      const program = add(name, gpu);
      for (let t = random.wait(HOUR); t < endS; t += random.wait(HOUR)) {
        wishes.push({ atS: Math.floor(t), program, mib: Math.round(random.between(100, 400)) });
        t += random.wait(HOUR / 2);
        wishes.push({ atS: Math.floor(t), program, mib: 0 });
      }
    }
  }
  if (serverMiB !== null) {
    const program = add("/usr/local/bin/ollama", 0);
    for (let t = random.wait(2 * HOUR); t < endS; t += random.wait(HOUR)) {
      for (let s = 1; s <= 8; s++)
        wishes.push({ atS: Math.floor(t) + s, program, mib: Math.round((serverMiB * s) / 8) });
      t += random.between(HOUR / 3, HOUR);
      wishes.push({ atS: Math.floor(t), program, mib: 0 });
    }
  }
  wishes.sort((a, b) => a.atS - b.atS);
  return { programs, wishes };
}
