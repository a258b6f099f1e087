import { describePositionsOutOfRange, type PartitionOffsets } from './groups.ts';

/** How long the position of a partition with unread records may stay unchanged, in ms. */
const UNMOVED_MS = 60_000;

/**
 * How many consecutive checks must find that a partition has become shorter before this is reported as a
 * loss. After a failover, a broker may report an earlier end once.
 */
const SHORTER_LOOKS = 2;

export interface GroupPositionWatch {
  /**
   * Compares the current offsets of all partitions of a group with the offsets at the previous calls. The
   * partitions may be assigned to any member.
   */
  look(offsets: ReadonlyMap<string, PartitionOffsets>): void;
  /**
   * Reports that a group which has read before has no positions at all. This remains a fault until the group has read
   * all records that the last call of `look` has seen.
   */
  noteForgotten(): void;
  /**
   * Returns the faults: every position that was found out of range or lost since the watch began, every partition that
   * lost records at its end, and every position that currently does not advance.
   */
  faults(): readonly string[];
}

export interface GroupPositionWatchDeps {
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

interface Furthest {
  readonly stored: number | undefined;
  readonly end: number;
  /** The number of consecutive checks that found the end of the partition before `end`. */
  readonly shorter: number;
}

/**
 * Reports positions that the broker has silently changed, and positions that do not advance because no member
 * reads their partition.
 */
export function createGroupPositionWatch({
  group,
  onFault,
  now,
}: GroupPositionWatchDeps): GroupPositionWatch {
  const lost = new Set<string>();
  let unmoved = new Map<string, string>();
  let seen = new Map<string, Seen>();
  let furthest = new Map<string, Furthest>();
  const forgotten = `Group ${group} has no positions, although it has read before: they were deleted or have expired, or its topics were replaced. It reads from the beginning again.`;
  /** The end of each partition when the group started again from the beginning. */
  let rereadUntil = new Map<string, number>();

  /**
   * Returns what a partition has lost since the previous check: its position, or records at its end. Empty at
   * the first check.
   */
  function describeLoss(name: string, { stored, end }: PartitionOffsets): readonly string[] {
    const before = furthest.get(name);
    if (before === undefined) return [];
    const faults: string[] = [];
    if (before.stored !== undefined && stored === undefined)
      faults.push(
        `Group ${group} was at offset ${before.stored} of ${name}, and has no position any more: the position was deleted or has expired.`,
      );
    if (end < before.end && before.shorter + 1 >= SHORTER_LOOKS)
      faults.push(
        `${name} ended at offset ${before.end}, and now ends at ${end}: the topic was made again, or has lost records that group ${group} may have read.`,
      );
    return faults;
  }

  function noteFurthest(offsets: ReadonlyMap<string, PartitionOffsets>): void {
    furthest = new Map(
      [...offsets].map(([name, { stored, end }]) => {
        const before = furthest.get(name);
        const isShorter = before !== undefined && end < before.end && before.shorter + 1 < SHORTER_LOOKS;
        return [
          name,
          isShorter ? { stored, end: before.end, shorter: before.shorter + 1 } : { stored, end, shorter: 0 },
        ];
      }),
    );
  }

  function noteLost(offsets: ReadonlyMap<string, PartitionOffsets>): void {
    const losses = [...offsets].flatMap(([name, found]) => describeLoss(name, found));
    noteFurthest(offsets);
    for (const fault of [...describePositionsOutOfRange(group, offsets), ...losses]) report(fault);
  }

  function report(fault: string): void {
    if (lost.has(fault)) return;
    lost.add(fault);
    onFault(fault);
  }

  /** Ends the report of a forgotten group once it has read everything again. */
  function noteReread(offsets: ReadonlyMap<string, PartitionOffsets>): void {
    const isDone = [...rereadUntil].every(([name, end]) => (offsets.get(name)?.position ?? end) >= end);
    if (isDone) lost.delete(forgotten);
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
      noteReread(offsets);
      noteUnmoved(offsets);
    },
    noteForgotten() {
      rereadUntil = new Map([...furthest].map(([name, { end }]) => [name, end]));
      report(forgotten);
    },
    faults: () => [...lost, ...unmoved.values()],
  };
}
