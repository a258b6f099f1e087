import type { Standing } from './standing.ts';

/** A partition that this member reads and has nothing of in hand at present. */
export interface RestingPartition {
  /** Of topic and partition, for people, too. */
  readonly name: string;
  /** How often something of it was handed over: while this stays the same, nothing was. */
  readonly turns: number;
  /** The record after the last that was handed over, which may be none that handlers get; 0 where there was none. */
  readonly reached: number;
}

export interface ProgressDeps {
  readonly group: string;
  /** A slice in hand is progress: it is handled, or waits for a store that is away. Such partitions do not rest. */
  resting(): readonly RestingPartition[];
  /** Rejects while the brokers do not answer. */
  standings(): Promise<ReadonlyMap<string, Standing>>;
  /** Called once. */
  onStuck(reason: Error): void;
  readonly stuckAfterMs: number;
  readonly everyMs: number;
  now(): number;
}

export interface ProgressWatch {
  /** Partitions were dealt anew: whatever was seen before says nothing any more. */
  forget(): void;
  close(): void;
}

interface Sighting {
  readonly turns: number;
  readonly since: number;
}

/**
 * Finds partitions that stand still although the consumer looks well: it fetches, it is a member of its group, and
 * yet the records of one of its partitions never come. Only who waits for nothing is stuck: neither brokers that are
 * away, nor a slice that is handled or due again, nor a topic without anything new.
 */
export function createProgressWatch(deps: ProgressDeps): ProgressWatch {
  const { now, stuckAfterMs, everyMs } = deps;
  let seen = new Map<string, Sighting>();
  let epoch = 0;
  let looking = false;

  function forget(): void {
    epoch += 1;
    seen = new Map();
  }

  async function look(): Promise<void> {
    if (looking) return;
    looking = true;
    const [asked, begun] = [now(), epoch];
    const before = deps.resting();
    const standings = await deps.standings().catch(() => undefined);
    looking = false;
    if (begun !== epoch) return;
    if (standings === undefined) return forget();
    const turnsNow = new Map(deps.resting().map(({ name, turns }) => [name, turns]));
    const waits = ({ name, turns, reached }: RestingPartition): boolean => {
      const standing = standings.get(name);
      return (
        turnsNow.get(name) === turns &&
        standing !== undefined &&
        standing.end > Math.max(standing.position, reached)
      );
    };
    seen = new Map(before.filter(waits).map(({ name, turns }) => [name, sightingOf(name, turns, asked)]));
    report();
  }

  function sightingOf(name: string, turns: number, at: number): Sighting {
    const former = seen.get(name);
    return former?.turns === turns ? former : { turns, since: at };
  }

  function report(): void {
    for (const [name, { since }] of seen) {
      const ms = now() - since;
      if (ms < stuckAfterMs) continue;
      clearInterval(timer);
      const seconds = Math.round(ms / 1000);
      deps.onStuck(
        new Error(
          `The consumer of group ${deps.group} does not progress: for ${seconds} s it was given nothing of ${name}, though records wait there.`,
        ),
      );
      return;
    }
  }

  const timer = setInterval(() => void look(), everyMs);
  return {
    forget,
    close() {
      forget();
      clearInterval(timer);
    },
  };
}
