import { describePositionsOutOfRange, type PartitionOffsets } from './groups.ts';

/**
 * A fault is reported if a group's position stays unchanged for this long, in ms, although the partition has
 * unread records.
 */
const UNMOVED_MS = 60_000;

/**
 * A partition counts as having lost records once this number of consecutive checks has found it to end at a
 * lower offset than before. A single check is not enough, because a broker may briefly report a lower end
 * offset after a failover.
 */
const SHORTER_LOOKS = 2;

export interface GroupPositionWatch {
  /**
   * Compares the group's current offsets in all partitions with the offsets of the previous calls, and
   * reports faults. The partitions may be assigned to any member of the group.
   */
  look(offsets: ReadonlyMap<string, PartitionOffsets>): void;
  /**
   * Reports that the broker has lost all positions of the group. Must be called if the group has no
   * positions although it has read before. `faults` reports this loss until the group has read again all
   * records that the partitions contained at the last call of `look`.
   */
  noteForgotten(): void;
  /**
   * Returns a sentence for each fault so far: a position that was out of range or has disappeared, a
   * partition that has lost records at its end, or a position that currently does not advance.
   */
  faults(): readonly string[];
}

export interface GroupPositionWatchDeps {
  readonly group: string;
  /** Called once for each new fault in a position of the group. */
  onFault(fault: string): void;
  /** Returns the time of a monotonic clock, in ms. */
  now(): number;
}

interface Seen {
  readonly position: number;
  readonly since: number;
}

interface Furthest {
  readonly stored: number | undefined;
  readonly end: number;
  /** How many consecutive checks have found that the partition ends before `end`. */
  readonly shorter: number;
}

/**
 * Creates a watch that reports positions that the broker has silently changed, and positions that do not
 * advance because no member reads their partition.
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
  const forgotten = `Group ${group} has no positions, although it has read before: its positions were deleted or have expired, or its topics were replaced. It reads from the beginning again.`;
  /**
   * For each partition, the end offset at the time when the group was found without positions. Once the group
   * has reached all of these offsets, it has read everything again.
   */
  let rereadUntil = new Map<string, number>();

  /**
   * Returns one sentence for each loss since the previous check: the group has lost its position in the
   * partition, or the partition has lost records at its end. Returns no sentences at the first check.
   */
  function describeLoss(name: string, { stored, end }: PartitionOffsets): readonly string[] {
    const before = furthest.get(name);
    if (before === undefined) return [];
    const faults: string[] = [];
    if (before.stored !== undefined && stored === undefined)
      faults.push(
        `Group ${group} was at offset ${before.stored} of ${name}, but now has no position there: the position was deleted or has expired.`,
      );
    if (end < before.end && before.shorter + 1 >= SHORTER_LOOKS)
      faults.push(
        `${name} ended at offset ${before.end}, but now ends at ${end}: the topic was recreated, or has lost records that group ${group} may have read.`,
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

  /** Once the group has read everything again, removes the fault that the group had no positions. */
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
