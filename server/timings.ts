/**
 * How long the product waits, in milliseconds. The composition root hands each part its share, so that tests can let
 * time pass faster. What a user can set is in the config; what a pure rule decides by is data of that rule.
 */
export interface Timings {
  sampling: SamplingTimings;
  processes: ProcessTimings;
  panel: PanelTimings;
  release: ReleaseTimings;
  backends: BackendTimings;
  health: HealthTimings;
  notify: NotifyTimings;
  recording: RecordingTimings;
  http: HttpTimings;
  patience: PatienceTimings;
  hosts: HostTimings;
  capacity: CapacityTimings;
  group: GroupTimings;
}

export interface SamplingTimings {
  /** Between samples while nobody watches: polling keeps an idle GPU from its lowest power state. */
  idleIntervalMs: number;
  /** Longest time between samples while a release is measured or jobs run. */
  fastIntervalMs: number;
  /** The rate stays after the last viewer has gone: a page that is loaded anew must not change it twice. */
  lingerMs: number;
  /** Before an ended nvidia-smi is started again, doubled after each failure … */
  firstRetryMs: number;
  /** … up to this: a driver that is being updated comes back within a minute. */
  longestRetryMs: number;
  /** How old figures of the host may be: reading them takes a few files. */
  hostFreshMs: number;
}

export interface ProcessTimings {
  /** Between two lists of processes while somebody wants to see them. */
  intervalMs: number;
  /** Between two lists at least, however much VRAM moves: each starts an nvidia-smi. */
  soonestMs: number;
  /**
   * After VRAM has moved or a GPU computed, one more list though nobody watches: who has done nothing for a minute by
   * then has ended its job, and its outstanding demand with it.
   */
  listAgainMs: number;
}

export interface PanelTimings {
  /** Between two messages of details, which a busy GPU changes with every sample. */
  detailsIntervalMs: number;
  /** Between two messages about the host, whose figures move slowly. */
  hostIntervalMs: number;
  /** How soon at most is said what changed between two samples, and nobody waits for. */
  jobsIntervalMs: number;
  /** Between two messages with the figures of a hidden page's title. */
  titleIntervalMs: number;
  /** Between two messages of outstanding demand that has hardly moved. */
  capacityIntervalMs: number;
}

export interface ReleaseTimings {
  /** VRAM in use has to stay within the noise for so long before it counts as settled. */
  settledMs: number;
  /** After the verdict, how long it is looked for VRAM that comes back late. */
  lateMs: number;
  /** A call that an idle worker can miss is made once more where nothing has fallen after so long. */
  askAgainMs: number;
  /** VRAM that has begun to fall is given so long to come to rest. */
  longestFallMs: number;
  /** Between two lists of processes while a release is measured. */
  processRestMs: number;
  /** How long VRAM may take to fall after a call that failed on the way: it may have arrived all the same. */
  patienceAfterFailureMs: number;
  /** How far back the level before a job's end is looked for: so late is its end seen. */
  followLagMs: number;
  /** The longest wait for a job's end: a long video takes an hour. */
  jobLimitMs: number;
  /** How long a job may take to stop once it was interrupted: some stop only between two steps. */
  stopLimitMs: number;
  /** Between two looks at a backend whose job, or whose unload, is waited for. */
  lookMs: number;
  /** How long a model may take to go that no job uses: a backend kills it after a time of its own. */
  goneLimitMs: number;
}

export interface BackendTimings {
  /** Before a lost WebSocket is connected again, doubled after each failure … */
  firstRetryMs: number;
  /** … up to this: the polled status tells the rest. */
  longestRetryMs: number;
  /** A peer that vanished without a word is found out about after so long in silence. */
  keepAliveMs: number;
  /** Between two looks for where a program on a GPU listens that was not found yet: it may listen later. */
  lookAgainMs: number;
}

export interface HealthTimings {
  /** Without samples for so long the rules look at the host all the same … */
  silenceMs: number;
  /** … this often. */
  silenceLookMs: number;
  /** Figures that make the driver work harder: first so long after the start, behind the first samples … */
  slowFirstMs: number;
  /** … and then this often. */
  slowIntervalMs: number;
  /** What is found again so soon after a start is the alert of before, and nobody is told twice. */
  carriedMs: number;
}

export interface NotifyTimings {
  /** Between two messages to one receiver: bots take some twenty a minute. */
  restMs: number;
  /** Before a message is sent again, doubled after each failure … */
  firstRetryMs: number;
  /** … up to this. */
  longestRetryMs: number;
  /** How often it is looked whether quiet hours are over, while there is something to tell after them. */
  quietLookMs: number;
}

export interface RecordingTimings {
  /** After a log could not be written: a full disk is not tried with every line. */
  logRestMs: number;
  /** Between two writes of the sums of sessions: as much is lost when the sidecar is killed. */
  sessionsSaveMs: number;
  /** How old an answer of what-if may be that is given again, unless a job has run out of memory since. */
  whatIfFreshMs: number;
}

/** Nobody holds a connection by sending slowly. */
export interface HttpTimings {
  /** The head of a request has arrived by then … */
  headersMs: number;
  /** … and all of it by then. */
  requestMs: number;
  /** How often it is looked for those that have not. */
  lookMs: number;
  /** Longer than pooled clients keep a connection that they may use again: one that closes under them is a failed call. */
  keepAliveMs: number;
}

/** How long something slow is waited for before it counts as hung. A slow machine is as slow in a test. */
export interface PatienceTimings {
  /** Beside three intervals, how long nvidia-smi may print nothing. */
  silenceMs: number;
  /** … and how long before the first sample of all, twice as long after each silent try: it loads the driver. */
  startMs: number;
  /** … and, at least, before the first sample of a later loop. */
  againMs: number;
  /** After so long without a first sample it is said that one waits, and for what. */
  noticeMs: number;
  /** An answer to a one-off query of nvidia-smi, loading the driver included. */
  queryMs: number;
  /** A child's end when the source is closed: its guard kills it in any case. */
  killMs: number;
  /** The end of everything when the sidecar closes. */
  closeMs: number;
  /** A connection that never says hello is closed. */
  helloMs: number;
  /** A viewer whose connection has been full for so long does not read, and is cut off. */
  unreadMs: number;
  /** An answer to a status call: what is slower is of no use to a panel. */
  statusMs: number;
  /** An answer to the request by which a backend is known. */
  greetingMs: number;
  /** An answer that comes when a model has been read from disk. */
  loadMs: number;
  /** A WebSocket's opening. */
  handshakeMs: number;
  /** A sample for a release: longer than the silence after which the source counts as stopped (5 s). */
  sampleMs: number;
  /** A list of processes for a release: a driver that hangs must not hold up the verdict. */
  processesMs: number;
}

/** Programs that share one sidecar. */
export interface HostTimings {
  /** A sidecar that a host has started ends when nobody holds a lease for so long after the start … */
  firstLeaseMs: number;
  /** … or after the last lease's end: one that is started anew finds it running. */
  leaseGraceMs: number;
  /** How often an open lease is written to. */
  leaseBeatMs: number;
}

/** How new what is known has to be where a job is let in. A slow machine is as slow in a test. */
export interface CapacityTimings {
  /** How long a decision waits for a sample and a list of processes that are of now. */
  freshMs: number;
  /** A sample that is older is not of now: the next one is waited for. */
  staleSampleMs: number;
  /** A job that is a process of its own: after that has gone, for so long it is waited for word of how it ended. */
  outcomeMs: number;
}

/** Several hosts that show one view. */
export interface GroupTimings {
  /** A host says something at least this often, and a peer is asked so often. */
  beatMs: number;
  /** Between two entries in Redis that say everything of a host. */
  wholeMs: number;
  /** Between two of its capacity, whose figures move with every sample. */
  capacityMs: number;
  /** Beyond three of its intervals, a host may be silent for so long before it counts as stale … */
  staleSpareMs: number;
  /** … and for so long before it is shown no more. */
  goneMs: number;
  /** Before a lost Redis is connected to again. */
  retryMs: number;
  /** A Redis that answers nothing for so long hangs. */
  redisSilenceMs: number;
  /** How often it is asked whether it is there. */
  redisPingMs: number;
  /** An answer of a peer. */
  peerMs: number;
  /** An answer to what was passed on to another host. A slow machine is as slow in a test. */
  passOnMs: number;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

export const TIMINGS: Timings = {
  sampling: {
    idleIntervalMs: 5 * SECOND,
    fastIntervalMs: SECOND,
    lingerMs: 15 * SECOND,
    firstRetryMs: 500,
    longestRetryMs: 15 * SECOND,
    hostFreshMs: 5 * SECOND,
  },
  processes: {
    intervalMs: 10 * SECOND,
    soonestMs: 2 * SECOND,
    listAgainMs: 70 * SECOND,
  },
  panel: {
    detailsIntervalMs: 5 * SECOND,
    hostIntervalMs: 10 * SECOND,
    jobsIntervalMs: SECOND,
    titleIntervalMs: 5 * SECOND,
    capacityIntervalMs: 5 * SECOND,
  },
  release: {
    settledMs: 2 * SECOND,
    lateMs: MINUTE,
    askAgainMs: 1750,
    longestFallMs: 30 * SECOND,
    processRestMs: SECOND,
    patienceAfterFailureMs: 4 * SECOND,
    followLagMs: SECOND,
    jobLimitMs: 2 * HOUR,
    stopLimitMs: MINUTE,
    lookMs: 1500,
    goneLimitMs: 2 * MINUTE,
  },
  backends: {
    firstRetryMs: 500,
    longestRetryMs: 30 * SECOND,
    keepAliveMs: 30 * SECOND,
    lookAgainMs: 15 * SECOND,
  },
  health: {
    silenceMs: 15 * SECOND,
    silenceLookMs: 10 * SECOND,
    slowFirstMs: 5 * SECOND,
    slowIntervalMs: MINUTE,
    carriedMs: 5 * MINUTE,
  },
  notify: {
    restMs: SECOND,
    firstRetryMs: SECOND,
    longestRetryMs: 5 * MINUTE,
    quietLookMs: 30 * SECOND,
  },
  recording: {
    logRestMs: 10 * SECOND,
    sessionsSaveMs: 10 * SECOND,
    whatIfFreshMs: 10 * MINUTE,
  },
  http: {
    headersMs: 8 * SECOND,
    requestMs: 15 * SECOND,
    lookMs: 2 * SECOND,
    keepAliveMs: 65 * SECOND,
  },
  patience: {
    silenceMs: 2 * SECOND,
    startMs: MINUTE,
    againMs: 15 * SECOND,
    noticeMs: 5 * SECOND,
    queryMs: 20 * SECOND,
    killMs: 2 * SECOND,
    closeMs: 5 * SECOND,
    helloMs: 10 * SECOND,
    unreadMs: MINUTE,
    statusMs: 5 * SECOND,
    greetingMs: 1500,
    loadMs: 10 * MINUTE,
    handshakeMs: 5 * SECOND,
    sampleMs: 6 * SECOND,
    processesMs: 5 * SECOND,
  },
  hosts: {
    firstLeaseMs: MINUTE,
    leaseGraceMs: 10 * SECOND,
    leaseBeatMs: SECOND,
  },
  capacity: {
    freshMs: 2 * SECOND,
    staleSampleMs: 1500,
    outcomeMs: 3 * SECOND,
  },
  group: {
    beatMs: SECOND,
    wholeMs: 10 * SECOND,
    capacityMs: 5 * SECOND,
    staleSpareMs: 2 * SECOND,
    goneMs: MINUTE,
    retryMs: SECOND,
    redisSilenceMs: 8 * SECOND,
    redisPingMs: 3 * SECOND,
    peerMs: 5 * SECOND,
    passOnMs: 10 * SECOND,
  },
};

/** Below this a busy machine would count as a hung one. */
const LEAST_PATIENCE_MS = 6 * SECOND;

/** The same with everything `factor` times shorter, patience down to six seconds. Pure. */
export function scaleTimings(timings: Timings, factor: number): Timings {
  const shorter = <Group extends { [Key in keyof Group]: number }>(group: Group, leastMs = 0): Group => {
    const scaled = { ...group };
    for (const key in group) {
      const ms: number = group[key];
      Object.assign(scaled, { [key]: Math.max(Math.round(ms / factor), Math.min(ms, leastMs)) });
    }
    return scaled;
  };
  return {
    sampling: shorter(timings.sampling),
    processes: shorter(timings.processes),
    panel: shorter(timings.panel),
    release: shorter(timings.release),
    backends: shorter(timings.backends),
    health: shorter(timings.health),
    notify: shorter(timings.notify),
    recording: shorter(timings.recording),
    http: shorter(timings.http, LEAST_PATIENCE_MS),
    patience: shorter(timings.patience, LEAST_PATIENCE_MS),
    hosts: shorter(timings.hosts),
    capacity: timings.capacity,
    group: { ...shorter(timings.group), passOnMs: timings.group.passOnMs },
  };
}
