/** Plans which fault hits which target, and when. The plan of a run depends only on its seed and settings. */
import { createRandomGenerator, type RandomGenerator } from '../random.ts';

interface Kind {
  readonly fault: string;
  /** The range of the duration of this kind of fault, in seconds. */
  readonly lasts: readonly [least: number, most: number];
  /** If present, the fault is planned only for runs that last at least `from` seconds. */
  readonly from?: number;
}

/** A lane of faults. The faults of one lane happen one after the other; faults of different lanes may overlap. */
interface Lane {
  /** The number of targets, one of which each fault of this lane hits. */
  readonly targets: number;
  /** The range of the pause between two faults, in seconds. */
  readonly pauses: readonly [least: number, most: number];
  /**
   * The time without faults of this lane at the end of a run, in seconds, so that the consequences of its
   * faults can end. A short run is without faults for at most half of its time, and waits for the
   * consequences afterwards.
   */
  readonly calm: number;
  readonly kinds: readonly Kind[];
}

const BROKERS = 3;
const INSTANCES = 2;
const SERVICES = 3;
/**
 * A range of durations, in seconds. All of them exceed the session timeout of a consumer (10 s). The longest
 * of them also exceed the time that a consumer group waits for its members (30 s).
 */
const PAST_SESSION = [12, 34] as const;
/**
 * A range of durations, in seconds. All of them are longer than the lease of a mail that is being sent: 30 s
 * in these runs, 90 s by default.
 */
const PAST_LEASE = [93, 105] as const;
/**
 * The minimum duration of a run with faults that take longer than most, such as those that start processes or set
 * clocks, in seconds. The short run of CI is shorter.
 */
export const MEDIUM_RUN_SECONDS = 120;
/**
 * The minimum duration of a run with the longest faults, in seconds. One of these faults pauses a process for
 * longer than the lease of a mail, so a shorter run would have no time for other faults.
 */
const LONG_RUN = 240;

/** The schedule of the mail server's faults. Runs of a cluster and of a standalone use the same one. */
const MAIL_LANE = {
  targets: 1,
  pauses: [2, 6],
  calm: 25,
  kinds: [
    { fault: 'smtp-refuses', lasts: [2, 10] },
    { fault: 'smtp-stalls', lasts: [4, 12] },
    { fault: 'smtp-4xx', lasts: [2, 8] },
    { fault: 'smtp-5xx', lasts: [1, 3] },
    { fault: 'smtp-closes-after-data', lasts: [2, 6] },
    { fault: 'smtp-loses-250', lasts: [2, 6] },
    { fault: 'smtp-stalls-past-timeouts', lasts: [35, 70], from: LONG_RUN },
  ],
} as const satisfies Lane;

/**
 * The schedule of the faults that hit subscribers. Runs of a cluster and of a standalone use the same one.
 */
const SUBSCRIBER_LANE = {
  targets: 1,
  pauses: [8, 16],
  calm: 25,
  kinds: [
    { fault: 'kill-subscriber', lasts: [0.2, 6] },
    { fault: 'kill-subscriber', lasts: [0.2, 6] },
    { fault: 'ops-redrive', lasts: [0, 1] },
  ],
} as const satisfies Lane;

/** The faults that set the wall clock of a process. */
const CLOCK_KINDS = [
  { fault: 'clock-ahead', lasts: [5, 20], from: MEDIUM_RUN_SECONDS },
  { fault: 'clock-behind', lasts: [5, 20], from: MEDIUM_RUN_SECONDS },
  { fault: 'clock-strobe', lasts: [5, 20], from: MEDIUM_RUN_SECONDS },
] as const satisfies readonly Kind[];

export const CLUSTER_FAULT_LANES = [
  {
    targets: INSTANCES,
    // Make the pauses short, so that a run contains many of these faults.
    pauses: [8, 18],
    // Requests that a killed or paused process has claimed wait until its lease of 30 s expires. The end of
    // the run without faults must be longer than that.
    calm: 35,
    kinds: [
      { fault: 'kill-auth', lasts: [0.2, 4] },
      { fault: 'kill-auth', lasts: [0.2, 4] },
      { fault: 'pause-auth', lasts: PAST_SESSION },
    ],
  },
  {
    targets: INSTANCES,
    pauses: [6, 15],
    calm: 15,
    kinds: [
      { fault: 'kill-user', lasts: [0.2, 4] },
      { fault: 'kill-user', lasts: [0.2, 4] },
      { fault: 'pause-user', lasts: PAST_SESSION },
    ],
  },
  {
    targets: INSTANCES,
    pauses: [2, 7],
    // Mails that a killed or paused process has claimed wait until its lease expires. The end of the run
    // without faults must be longer than the lease of a mail.
    calm: 65,
    kinds: [
      { fault: 'kill-notifier', lasts: [0.2, 3] },
      { fault: 'kill-notifier', lasts: [0.2, 3] },
      { fault: 'pause-notifier', lasts: PAST_SESSION },
      { fault: 'pause-notifier-past-lease', lasts: PAST_LEASE, from: LONG_RUN },
    ],
  },
  {
    targets: BROKERS,
    pauses: [8, 15],
    calm: 20,
    kinds: [
      { fault: 'kill-broker', lasts: [1, 8] },
      { fault: 'kill-leader-in-send', lasts: [1, 8] },
    ],
  },
  {
    targets: BROKERS,
    pauses: [2, 7],
    calm: 20,
    kinds: [
      { fault: 'cut-broker', lasts: [1, 6] },
      { fault: 'slow-broker', lasts: [3, 10] },
      { fault: 'lose-produce-answers', lasts: [2, 6] },
      { fault: 'swallow-produce-answers', lasts: [2, 6] },
    ],
  },
  {
    targets: 1,
    pauses: [8, 20],
    calm: 20,
    kinds: [
      { fault: 'stop-mongodb', lasts: [1, 5] },
      { fault: 'cut-mongodb', lasts: [0.2, 5] },
      { fault: 'fail-write-concern', lasts: [1, 5], from: MEDIUM_RUN_SECONDS },
      { fault: 'stale-primary', lasts: [1, 5], from: MEDIUM_RUN_SECONDS },
      { fault: 'full-disk', lasts: [1, 8], from: MEDIUM_RUN_SECONDS },
      { fault: 'fail-over-mongodb', lasts: [5, 15], from: MEDIUM_RUN_SECONDS },
      { fault: 'pause-secondary', lasts: [3, 20], from: MEDIUM_RUN_SECONDS },
      // This fault needs MongoDB, because it copies and restores the read model. It is in the lane of
      // MongoDB's faults, because the faults of one lane never overlap.
      { fault: 'restore-read-model', lasts: [0, 0.1], from: MEDIUM_RUN_SECONDS },
    ],
  },
  MAIL_LANE,
  {
    targets: SERVICES * INSTANCES,
    pauses: [5, 15],
    calm: 20,
    kinds: CLOCK_KINDS,
  },
  {
    targets: 1,
    pauses: [15, 30],
    calm: 35,
    kinds: [
      { fault: 'half-started-deployments', lasts: [0.5, 4], from: MEDIUM_RUN_SECONDS },
      { fault: 'add-partitions', lasts: [0, 1], from: MEDIUM_RUN_SECONDS },
      { fault: 'second-system', lasts: [10, 20], from: LONG_RUN },
    ],
  },
  {
    targets: 1,
    pauses: [15, 30],
    calm: 35,
    kinds: [
      { fault: 'ops-verify', lasts: [0, 1], from: MEDIUM_RUN_SECONDS },
      { fault: 'ops-republish', lasts: [0, 1], from: MEDIUM_RUN_SECONDS },
      { fault: 'ops-parked-retry', lasts: [0, 1], from: MEDIUM_RUN_SECONDS },
      { fault: 'ops-rebuild', lasts: [0, 1], from: LONG_RUN },
      { fault: 'ops-rebuild-back', lasts: [0, 1], from: LONG_RUN },
    ],
  },
  {
    // Each fault of this lane hits one of the twelve partitions of the accounts topic.
    targets: 12,
    pauses: [60, 120],
    calm: 40,
    kinds: [{ fault: 'cut-off-topic', lasts: [0, 0.1], from: LONG_RUN }],
  },
  {
    // Each fault of this lane writes one of the six kinds of forged records.
    targets: 6,
    pauses: [4, 10],
    calm: 20,
    kinds: [{ fault: 'forge-records', lasts: [0, 0.1] }],
  },
  SUBSCRIBER_LANE,
] as const satisfies readonly Lane[];

/** The lanes of a standalone: one process, whose only server is the mail server. */
export const STANDALONE_FAULT_LANES = [
  {
    targets: 1,
    pauses: [4, 12],
    // If the process is killed while it sends a mail, the mail waits for the end of its lease. The end of the
    // run without faults must be longer than that.
    calm: 45,
    kinds: [
      { fault: 'kill-standalone', lasts: [0.2, 4] },
      { fault: 'kill-standalone', lasts: [0.2, 4] },
      { fault: 'pause-standalone', lasts: PAST_SESSION },
    ],
  },
  MAIL_LANE,
  {
    targets: 1,
    pauses: [5, 15],
    calm: 20,
    kinds: CLOCK_KINDS,
  },
  {
    targets: 1,
    pauses: [10, 20],
    calm: 35,
    kinds: [
      { fault: 'ops-verify', lasts: [0, 1] },
      { fault: 'ops-parked-retry', lasts: [0, 1] },
      { fault: 'ops-rebuild', lasts: [0, 1], from: MEDIUM_RUN_SECONDS },
      { fault: 'ops-rebuild-back', lasts: [0, 1], from: MEDIUM_RUN_SECONDS },
    ],
  },
  {
    targets: 1,
    pauses: [15, 40],
    calm: 20,
    // A full disk lasts longer than 5 s, because /readyz tests at most every 5 s whether a store can write.
    kinds: [{ fault: 'full-disk', lasts: [8, 12] }],
  },
  SUBSCRIBER_LANE,
] as const satisfies readonly Lane[];

/** The faults that a run on a cluster may cause. */
export type ClusterFault = (typeof CLUSTER_FAULT_LANES)[number]['kinds'][number]['fault'];
export type StandaloneFault = (typeof STANDALONE_FAULT_LANES)[number]['kinds'][number]['fault'];
export type FaultKind = ClusterFault | StandaloneFault;

export const FAULT_KINDS: readonly ClusterFault[] = [
  ...new Set(CLUSTER_FAULT_LANES.flatMap(({ kinds }) => kinds.map(({ fault }) => fault))),
];

/** A fault in the plan. Times are in ms since the plan began. */
export interface PlannedFault {
  readonly fault: FaultKind;
  /** The index of the fault's target, from 0. */
  readonly target: number;
  readonly atMs: number;
  readonly forMs: number;
}

export interface PlanOptions {
  readonly seed: number;
  /** The length of the plan, in seconds. No fault happens after it. */
  readonly seconds: number;
  /** The factor by which the pauses between faults of the plan are multiplied. */
  readonly pauses?: number;
  /** The kinds of faults that this machine cannot cause. The plan leaves out these kinds. */
  readonly without?: readonly FaultKind[];
  /** The lanes of faults to plan. Default: the lanes of a cluster. */
  readonly lanes?: readonly (Omit<Lane, 'kinds'> & {
    readonly kinds: readonly (Kind & { readonly fault: FaultKind })[];
  })[];
}

/**
 * How many seeds one run may use, one for each lane. If a run had more lanes than this, one of them would use
 * the same random numbers as a lane of the next run.
 */
const SEEDS_PER_RUN = 64;

/**
 * Returns the planned faults of each lane, sorted by time. A lane causes each of its kinds of faults once
 * before it repeats one of them.
 */
export function planFaults({
  seed,
  seconds,
  pauses = 1,
  without = [],
  lanes = CLUSTER_FAULT_LANES,
}: PlanOptions): readonly (readonly PlannedFault[])[] {
  return lanes.map((lane, index) => {
    const kinds = lane.kinds.filter(({ fault, from = 0 }) => seconds >= from && !without.includes(fault));
    const [least, most] = lane.pauses;
    const paced = { ...lane, kinds, pauses: [least * pauses, most * pauses] as const };
    return planLane(paced, seconds, createRandomGenerator(seed * SEEDS_PER_RUN + index));
  });
}

function planLane(
  lane: Lane & { readonly kinds: readonly (Kind & { fault: FaultKind })[] },
  seconds: number,
  random: RandomGenerator,
): readonly PlannedFault[] {
  const planned: PlannedFault[] = [];
  const end = (seconds - Math.min(lane.calm, seconds / 2)) * 1000;
  let deck: readonly (Kind & { fault: FaultKind })[] = [];
  let now = 0;
  for (;;) {
    if (deck.length === 0) deck = random.shuffled(lane.kinds);
    const [kind, ...rest] = deck;
    if (kind === undefined) return planned;
    deck = rest;
    const atMs = now + milliseconds(random, lane.pauses);
    const forMs = milliseconds(random, kind.lasts);
    if (atMs + forMs > end) return planned;
    planned.push({ fault: kind.fault, target: random.whole(0, lane.targets - 1), atMs, forMs });
    now = atMs + forMs;
  }
}

function milliseconds(random: RandomGenerator, [least, most]: readonly [number, number]): number {
  return Math.round(1000 * random.between(least, most));
}
