const list = (gpus: readonly number[]) => gpus.join(", ");

/** What the commands say. Figures are MiB. */
export const en = {
  seeHelp: (command: string) => `See gpu-status-panel ${command} --help.`,
  noPanel: (url: string, why: string) =>
    `no panel answers at ${url} (${why}). Start one with: gpu-status-panel. One elsewhere is named by --url.`,
  strange: (url: string, why: string) =>
    `what answers at ${url} is no panel that this version understands (${why}). Look at --url and --port, or bring both to one version.`,
  needsToken:
    "The panel's token is given by --token or GPU_PANEL_TOKEN; it stands in the link that the panel printed.",
  wrongLanguage: "--lang: en or zh-CN",
  run: {
    missing: (program: string) => `${program}: there is no such program on PATH`,
    notExecutable: (program: string) => `${program}: this file may not be executed`,
    orWithout: "With --without-panel the program runs all the same.",
    runsWithout: "The program runs without room being kept for it.",
    recording: (url: string) => `the panel at ${url} plays a recording and lets no job in.`,
    simulated: (url: string) =>
      `the panel at ${url} shows simulated GPUs, for no driver was found, and lets no job in.`,
    order: (named: string) =>
      `CUDA_VISIBLE_DEVICES=${named}: these GPUs differ, and CUDA numbers them otherwise than nvidia-smi. Set CUDA_DEVICE_ORDER=PCI_BUS_ID as well, or name them by UUID.`,
    unknownGpu: (named: string) => `CUDA_VISIBLE_DEVICES names ${named}, which the panel does not show.`,
    waiting: (reason: string | null, position: number | null, seconds: number | null) =>
      [
        "waiting for room",
        position === null ? "" : `, place ${position}`,
        seconds === null ? "" : `, about ${seconds} s`,
        reason === null ? "" : `: ${reason}`,
      ].join(""),
    away: (url: string, why: string) => `the panel at ${url} does not answer (${why}); it is waited for.`,
    backAgain: "the panel is there again.",
    gone: (url: string, why: string) => `the panel at ${url} has not answered for two minutes (${why}).`,
    starts: (gpus: readonly number[], mib: number) =>
      `starts on GPU ${list(gpus)}; ${mib} MiB are kept for it`,
    lost: (why: string) => `the panel no longer counts this program: ${why}`,
    endNotTold: "the panel could not be told how the program ended; it sees by itself that it has.",
    tooLate: "there was no room within --max-wait.",
    withdrawn: "withdrawn: the program was not started.",
  },
  status: {
    heads: ["GPU", "VRAM in use", "free", "use", "temp.", "running", "more fit"],
    unknown: "—",
    source: (status: string) =>
      ({ live: "samples come", starting: "starting", stale: "no samples for a while", failed: "no samples" })[
        status
      ] ?? status,
    panel: (url: string, version: string) => `panel ${version} at ${url}`,
    job: (label: string, state: string, gpus: readonly number[], position: number | null) =>
      state === "waiting"
        ? `waits, place ${position ?? "—"}: ${label}`
        : `runs on GPU ${list(gpus)}: ${label}`,
    backend: (id: string, isReachable: boolean | null, isBusy: boolean | null) =>
      `${id}: ${isReachable !== false ? (isBusy === null ? "reachable" : isBusy ? "busy" : "idle") : "not reachable"}`,
    alert: (message: string) => `alert: ${message}`,
  },
  fit: {
    fits: (profile: string, count: number | null) =>
      `${profile} fits now${count === null ? "" : `; ${count} at once`}`,
    not: (profile: string, missing: number | null) =>
      `${profile} does not fit now${missing === null ? "" : `: ${missing} MiB are missing`}`,
    never: (profile: string) => `${profile} never fits on these GPUs`,
    unknown: (profile: string) => `whether ${profile} fits is not known`,
    option: (kind: string, name: string, mib: number | null, isEnough: boolean) => {
      const what: Readonly<Record<string, string>> = {
        release: `release ${name}`,
        restart: `restart ${name}`,
        wait: `wait for ${name}`,
        quantize: `quantized weights: ${name}`,
        resolution: `another resolution: ${name}`,
        frames: `fewer frames: ${name}`,
        offload: `offloading: ${name}`,
        "more-gpus": `more GPUs: ${name}`,
        "lighter-model": `a lighter model: ${name}`,
        "vae-tiling": "VAE tiling",
      };
      const figure = mib === null ? "" : `, ${mib} MiB`;
      return `- ${what[kind] ?? kind}${figure}${isEnough ? "" : " (not enough alone)"}`;
    },
    which: "name what shall fit: --profile ID, or --peak SIZE",
    profiles: "Profiles of this panel:",
  },
  release: {
    waiting: "waits for the job that runs",
    going: "asks and measures",
    freed: (mib: number) => `${mib} MiB were freed`,
    part: (backend: string, mib: number | null) => `${backend}: ${mib === null ? "—" : `${mib} MiB`}`,
    held: (name: string, pid: number, mib: number | null) =>
      `still held by ${name} (pid ${pid}): ${mib ?? "—"} MiB`,
    late: (id: string) => `it goes on; ask for it with GET /api/v1/release/${id}`,
    needsConfirm: "A release takes models out of VRAM. Say --yes, where no terminal can be asked.",
    ask: "Release VRAM now? [y/N] ",
  },
  doctor: {
    marks: { ok: "ok      ", warning: "look at ", problem: "wrong   " },
    fine: "Nothing is wrong.",
    node: (version: string) => `Node ${version}`,
    oldNode: (version: string) => `Node ${version}; 20.19 or newer is needed`,
    getNode: "Get one from https://nodejs.org, or with nvm: nvm install 22",
    noSqlite: "no SQLite: history and jobs are kept in memory only",
    getSqlite: "Take Node 22.13 or newer, or npm install libsql beside the panel.",
    sqlite: "SQLite is there: history and jobs survive a restart",
    noNvidiaSmi: "nvidia-smi was not found",
    getNvidiaSmi:
      "Install NVIDIA's driver, or name the program with --nvidia-smi. In a container: --gpus all, and NVIDIA_DRIVER_CAPABILITIES=utility.",
    driver: (version: string, gpus: readonly string[]) => `driver ${version}: ${gpus.join(", ")}`,
    silent: "nvidia-smi printed nothing that can be read",
    lists: "processes on the GPUs are named",
    noLists: "nvidia-smi names no process though VRAM is in use",
    getLists:
      "In a container share the host's processes (--pid host); under WSL and on Windows it is not told.",
    folder: (path: string) => `data folder ${path} can be written`,
    badFolder: (path: string, why: string) => `data folder ${path} cannot be written (${why})`,
    getFolder: "Make it writable, or name another one with --data-dir.",
    held: (path: string, who: string) => `data folder ${path} is used by ${who}`,
    running: (url: string, version: string) => `panel ${version} runs at ${url}`,
    otherVersion: (there: string, here: string) => `the panel that runs is version ${there}, this is ${here}`,
    getVersion: "Restart it, so that both are one version.",
    portFree: (port: number) => `port ${port} is free: no panel runs`,
    start: "Start it with: gpu-status-panel",
    getPort: (port: number) =>
      `See which with: ss -ltnp 'sport = :${port}'. Or take another port with --port.`,
    samples: "samples come",
    mayAct: "jobs and releases may be asked for from here",
    backend: (kind: string, where: string) => `backend ${kind} at ${where}`,
    backendAway: (kind: string, where: string) => `backend ${kind} at ${where} does not answer`,
    getBackend: "Start it, or correct its address in the settings.",
    found: (kind: string, port: number) => `${kind} was found on port ${port} and is not set up`,
    adopt: (kind: string) => `Adopt it in the panel, or start the panel with --backend ${kind}.`,
    noBackends: "no backend is set up, and none was found on this machine",
    getBackends: "Without one nothing can be released. Start yours, or name it with --backend.",
  },
  help: {
    usage: "Usage",
    common: "Flags of all commands",
    own: "Flags",
    exit: "Exit code",
    summary: {
      mcp: "An agent's server (Model Context Protocol) on standard input and output.",
      run: "Waits for room, runs a program on the GPUs that were given, and ends as it has ended.",
      status: "What the GPUs, jobs and backends do now.",
      fit: "Whether one more job fits, and what would make it fit.",
      release: "Asks backends to give VRAM back, and tells what was measured.",
      doctor: "What is there, what is wrong, and what to do.",
    },
    exits: {
      mcp: "0 when its input closes, 2 wrong flags",
      run: "that of the program, 128+n after signal n; 75 no room (--no-wait, --max-wait), 125 run itself failed, 126 not executable, 127 no such program",
      status: "0 samples come, 1 they do not, 2 could not be asked",
      fit: "0 it fits, 1 it does not, 2 could not be asked",
      release: "0 VRAM was freed, 1 none was, 2 could not be asked",
      doctor: "0 nothing is wrong, 1 something is, 2 wrong flags",
    },
    flags: {
      url: "the panel's address (GPU_PANEL_URL; default: by host, port and base path)",
      host: "as of the sidecar",
      port: "as of the sidecar (default 7870)",
      "base-path": "as of the sidecar",
      token: "the panel's token (GPU_PANEL_TOKEN)",
      config: "the sidecar's config file",
      lang: "language (default: by the locale)",
      json: "the answer as one line of JSON",
      help: "print this",
      peak: "VRAM that the job takes of each GPU, such as 14GB; without it: what such jobs took before",
      gpus: "GPUs that it needs at once (default 1)",
      label: "its name, under which its peaks are learned (default: program and script)",
      profile: "the job profile that it is of",
      "max-wait": "give up after so long: 90s, 10m, 2h",
      "no-wait": "give up where there is no room now",
      "without-panel": "run it all the same where no panel lets jobs in",
      quiet: "say nothing of waiting and starting",
      backend: "this one alone",
      mode: "auto, now, after-current or interrupt (default auto)",
      yes: "do not ask whether it is meant",
    },
  },
};
export type CliWords = typeof en;
