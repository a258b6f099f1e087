/** When which fault befalls what: a function of the seed alone. */
import { createRandom, type Random } from '../random.ts';

interface Kind {
  readonly fault: string;
  /** How long it lasts, in seconds. */
  readonly lasts: readonly [least: number, most: number];
  /** Only where a run lasts longer than this, in seconds. */
  readonly from?: number;
}

/** Faults of one lane come one after the other; those of different lanes at the same time, as chance has it. */
interface Lane {
  /** How many there are to choose from. */
  readonly targets: number;
  /** Between two faults, in seconds. */
  readonly pauses: readonly [least: number, most: number];
  /**
   * None any more for so long before the end, in seconds, so that what it leaves behind is over by then. At most half
   * of a run: a short one waits for that afterwards.
   */
  readonly calm: number;
  readonly kinds: readonly Kind[];
}

const BROKERS = 3;
const INSTANCES = 2;
/** Past the session of a consumer (10 s), and past what a group waits for its members (30 s). */
const PAST_SESSION = [12, 34] as const;
/** Past the lease of a mail that is being sent (90 s). */
const PAST_LEASE = [93, 105] as const;
/** Only there such a pause leaves time for anything else. */
const LONG_RUN = 240;

export const LANES = [
  {
    targets: INSTANCES,
    // Without any of them nothing happens.
    pauses: [8, 18],
    // Requests that it had taken up lie until their lease is over, 30 s.
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
    // Mails that it had in hand lie until their lease is over, 90 s.
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
    ],
  },
  {
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
  },
] as const satisfies readonly Lane[];

export type FaultKind = (typeof LANES)[number]['kinds'][number]['fault'];

export const FAULT_KINDS: readonly FaultKind[] = [
  ...new Set(LANES.flatMap(({ kinds }) => kinds.map(({ fault }) => fault))),
];

/** Times in ms since the nemesis was let loose. */
export interface PlannedFault {
  readonly fault: FaultKind;
  /** Which of those that it can befall, from 0. */
  readonly target: number;
  readonly atMs: number;
  readonly forMs: number;
}

export interface PlanOptions {
  readonly seed: number;
  /** How long there may be faults. */
  readonly seconds: number;
  /** How many times as long as usual there is nothing between two faults. */
  readonly pauses?: number;
  /** What cannot be done here. */
  readonly without?: readonly FaultKind[];
}

/** Lane by lane, each in the order of time. Every kind of a lane has its turn before one comes a second time round. */
export function planFaults({
  seed,
  seconds,
  pauses = 1,
  without = [],
}: PlanOptions): readonly (readonly PlannedFault[])[] {
  return LANES.map((lane, index) => {
    const kinds = (lane.kinds as readonly (Kind & { fault: FaultKind })[]).filter(
      ({ fault, from = 0 }) => seconds >= from && !without.includes(fault),
    );
    const [least, most] = lane.pauses;
    const paced = { ...lane, kinds, pauses: [least * pauses, most * pauses] as const };
    return planLane(paced, seconds, createRandom(seed * LANES.length + index));
  });
}

function planLane(
  lane: Lane & { readonly kinds: readonly (Kind & { fault: FaultKind })[] },
  seconds: number,
  random: Random,
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

function milliseconds(random: Random, [least, most]: readonly [number, number]): number {
  return Math.round(1000 * random.between(least, most));
}
