import { describePositionsOutOfRange, type PartitionOffsets } from './groups.ts';

/** How long the position of a partition with records to read may stay the same, in ms. */
const UNMOVED_MS = 60_000;

export interface PositionWatch {
  /** Compares the offsets of all partitions of a group, whichever member has them, with the offsets seen before. */
  look(offsets: ReadonlyMap<string, PartitionOffsets>): void;
  /**
   * Returns the faults: every position that was found out of range since the watch began, and every position that
   * currently does not advance.
   */
  faults(): readonly string[];
}

export interface PositionWatchDeps {
  readonly group: string;
  /** Called once for each fault. */
  onFault(fault: string): void;
  /** A monotonic clock, in ms. */
  now(): number;
}

interface Seen {
  readonly position: number;
  readonly since: number;
}

/** Reports positions that the broker has silently changed, and partitions that no member reads. */
export function createPositionWatch({ group, onFault, now }: PositionWatchDeps): PositionWatch {
  const lost = new Set<string>();
  let unmoved = new Map<string, string>();
  let seen = new Map<string, Seen>();

  function noteLost(offsets: ReadonlyMap<string, PartitionOffsets>): void {
    for (const fault of describePositionsOutOfRange(group, offsets)) {
      if (lost.has(fault)) continue;
      lost.add(fault);
      onFault(fault);
    }
  }

  function sinceOf(name: string, position: number): number {
    const before = seen.get(name);
    return before?.position === position ? before.since : now();
  }

  function noteUnmoved(offsets: ReadonlyMap<string, PartitionOffsets>): void {
    const waiting = [...offsets].filter(([, { position, end }]) => position < end);
    seen = new Map(
      waiting.map(([name, { position }]) => [name, { position, since: sinceOf(name, position) }]),
    );
    const before = unmoved;
    unmoved = new Map(
      waiting
        .filter(([name]) => now() - (seen.get(name)?.since ?? now()) >= UNMOVED_MS)
        .map(([name, { position, end }]) => [
          name,
          `Group ${group} has not moved from offset ${position} of ${name} for a minute, although ${end - position} records wait.`,
        ]),
    );
    for (const [name, fault] of unmoved) if (!before.has(name)) onFault(fault);
  }

  return {
    look(offsets) {
      noteLost(offsets);
      noteUnmoved(offsets);
    },
    faults: () => [...lost, ...unmoved.values()],
  };
}
