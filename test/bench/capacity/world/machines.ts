/** Somebody who wants jobs done, one after the other. */
export interface UserSpec {
  kinds: readonly string[];
  /** Mean pause between two jobs, seconds, and the shortest. */
  thinkS: number;
  leastPauseS?: number;
  /** `script`: a process per job; `webui`: one that stays and keeps its weights; `server`: shared, two jobs at once. */
  program: "script" | "webui" | "server";
  /** Its backend says busy or idle: every second, or when it is asked every two. */
  tells?: boolean | "polled";
  /** It reports peaks from its allocator. */
  reports?: boolean;
  /** It does not say its pid. */
  hidesPid?: boolean;
  /** Another container: that its pid is gone proves nothing. */
  remote?: boolean;
  /** So many jobs wait at once. */
  batch?: number;
  /** Share of its jobs that die without a word; 2 % where nothing is said. */
  dies?: number;
}

export interface VisitorSpec {
  mib: number;
  everyS: number;
  staysS: number;
}

export interface Machine {
  name: string;
  totalMiB: number;
  gpus: number;
  minutes: number;
  users: readonly UserSpec[];
  visitors?: readonly VisitorSpec[];
  /** A desktop computes now and then. */
  desktop?: boolean;
  /** Backends are allowed to release on request. */
  release?: boolean;
}

const webui = (kinds: readonly string[], thinkS: number, more: Partial<UserSpec> = {}): UserSpec => ({
  kinds,
  thinkS,
  program: "webui",
  ...more,
});
const script = (kinds: readonly string[], thinkS: number, more: Partial<UserSpec> = {}): UserSpec => ({
  kinds,
  thinkS,
  program: "script",
  ...more,
});

/** The machines of the table: one to twelve people, residents, visitors, jobs of seconds and of minutes. */
export const MACHINES: readonly Machine[] = [
  {
    name: "24 GB, three people",
    totalMiB: 24_564,
    gpus: 1,
    minutes: 40,
    users: [
      webui(["turbo-1.3b-480p"], 30, { tells: true, reports: true }),
      script(["sdxl", "ltx"], 10, { reports: true }),
      script(["wan2.1-1.3b", "sdxl"], 20, { hidesPid: true }),
    ],
    visitors: [{ mib: 4500, everyS: 900, staysS: 90 }],
    desktop: true,
  },
  {
    name: "24 GB, two who script",
    totalMiB: 24_564,
    gpus: 1,
    minutes: 40,
    users: [
      script(["turbo-1.3b-480p", "turbo-1.3b-720p"], 5, { reports: true }),
      script(["sdxl", "wan2.1-1.3b", "i2v-small"], 5, { remote: true }),
    ],
  },
  {
    name: "32 GB, six people",
    totalMiB: 32_607,
    gpus: 1,
    minutes: 40,
    users: [
      webui(["turbo-1.3b-480p"], 60, { tells: true }),
      webui(["sdxl"], 60, { reports: true }),
      script(["sdxl", "ltx"], 15, { reports: true }),
      script(["ltx"], 15),
      script(["turbo-1.3b-720p"], 20, { reports: true }),
      script(["offloaded-14b"], 40, { remote: true }),
    ],
    desktop: true,
  },
  {
    name: "48 GB, five people",
    totalMiB: 49_140,
    gpus: 1,
    minutes: 60,
    users: [
      webui(["turbo-1.3b-480p", "turbo-1.3b-720p"], 40, { tells: true, reports: true }),
      script(["turbo-14b-480p"], 20, { reports: true }),
      script(["sdxl", "ltx", "turbo-1.3b-480p"], 8),
      script(["cogvideox"], 30, { hidesPid: true }),
      script(["i2v-a14b"], 60, { reports: true }),
    ],
    visitors: [{ mib: 8600, everyS: 1200, staysS: 60 }],
  },
  {
    name: "2 × 24 GB, five people",
    totalMiB: 24_564,
    gpus: 2,
    minutes: 40,
    users: [
      webui(["turbo-1.3b-480p"], 30, { tells: true }),
      webui(["turbo-1.3b-720p"], 60, { reports: true }),
      script(["sdxl", "ltx"], 5, { reports: true }),
      script(["i2v-small"], 20),
      script(["turbo-1.3b-720p"], 30, { reports: true, remote: true }),
    ],
    visitors: [{ mib: 6000, everyS: 1200, staysS: 120 }],
  },
  {
    name: "80 GB, a server",
    totalMiB: 81_559,
    gpus: 1,
    minutes: 60,
    users: [
      { kinds: ["cogvideox"], thinkS: 10, program: "server", tells: true, reports: true },
      { kinds: ["cogvideox"], thinkS: 10, program: "server", tells: true, reports: true },
      script(["hunyuan"], 60, { reports: true }),
      script(["wan2.1-14b", "i2v-a14b"], 60),
      script(["turbo-1.3b-480p", "turbo-1.3b-720p"], 10, { reports: true }),
    ],
    visitors: [{ mib: 12_000, everyS: 1500, staysS: 200 }],
  },
  {
    name: "2 × 48 GB, long jobs",
    totalMiB: 49_140,
    gpus: 2,
    minutes: 60,
    users: [
      script(["wan2.1-14b", "i2v-a14b"], 30, { reports: true }),
      script(["cogvideox", "wan2.2-5b"], 20),
      script(["offloaded-14b"], 10, { reports: true }),
      webui(["wan2.2-5b"], 60, { tells: true }),
      script(["two-gpus"], 120, { reports: true }),
      script(["sized-49", "sized-81", "sized-121"], 40, { reports: true }),
    ],
  },
  {
    name: "8 × 80 GB, twelve people",
    totalMiB: 81_559,
    gpus: 8,
    minutes: 40,
    users: [
      script(["hunyuan"], 10, { reports: true }),
      script(["hunyuan", "wan2.1-14b"], 10, { reports: true }),
      script(["i2v-a14b"], 5, { batch: 4 }),
      script(["turbo-14b-480p"], 5, { reports: true, batch: 6 }),
      script(["turbo-1.3b-720p", "cogvideox"], 5, { batch: 6 }),
      script(["four-gpus"], 20, { reports: true }),
      script(["eight-gpus"], 60, { reports: true }),
      script(["two-gpus"], 10, { batch: 2 }),
      webui(["wan2.2-5b"], 30, { tells: true }),
      webui(["turbo-14b-480p"], 30, { tells: true, reports: true }),
      script(["sdxl", "ltx"], 5, { hidesPid: true, batch: 4 }),
      script(["wan2.1-14b"], 5, { batch: 4, remote: true }),
    ],
    visitors: [{ mib: 20_000, everyS: 1200, staysS: 240 }],
  },
];

/** Jobs and pauses of a minute and more. */
export const ONE_PERSON: Machine = {
  name: "one person, one WebUI",
  totalMiB: 24_564,
  gpus: 1,
  minutes: 60,
  users: [webui(["wan2.1-1.3b", "cogvideox"], 45, { tells: true, leastPauseS: 60, dies: 0 })],
};

export const EXCLUDING: Machine = {
  name: "two residents that exclude each other",
  totalMiB: 24_564,
  gpus: 1,
  minutes: 60,
  users: [
    webui(["turbo-1.3b-720p"], 90, { tells: true, leastPauseS: 60 }),
    webui(["turbo-1.3b-720p"], 90, { tells: true, leastPauseS: 60 }),
  ],
};

/** Jobs under a minute and no visitor: how long the large one waits. */
export const PATIENT: Machine = {
  name: "jobs under a minute",
  totalMiB: 49_140,
  gpus: 1,
  minutes: 40,
  users: [
    script(["turbo-14b-480p"], 10, { reports: true }),
    script(["sdxl", "ltx"], 2, { batch: 2, reports: true }),
    script(["turbo-1.3b-480p"], 2, { batch: 2, reports: true }),
    script(["turbo-1.3b-720p", "sdxl"], 2, { batch: 2, reports: true }),
  ],
};

export const CROWD: Machine = {
  name: "300 waiting",
  totalMiB: 49_140,
  gpus: 4,
  minutes: 20,
  users: [
    script(["sdxl", "ltx", "turbo-1.3b-480p", "cogvideox"], 5, { batch: 150, reports: true }),
    script(["turbo-1.3b-720p", "turbo-14b-480p"], 5, { batch: 145 }),
    script(["turbo-1.3b-480p"], 10, { reports: true }),
    script(["wan2.1-14b"], 10),
    script(["two-gpus"], 10, { batch: 2 }),
  ],
};
