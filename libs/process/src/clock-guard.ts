import { uptime } from 'node:os';

/** If the wall clock is changed by more than this, in ms, data is no longer deleted because of its age. */
const TOLERANCE_MS = 60_000;

/**
 * The reason for which data is deleted: the data has expired (`expiry`), or the erasure of an account is due
 * (`erasure`). An erasure cannot be undone, so it requires more confidence in the clock.
 */
export type DeletionKind = 'expiry' | 'erasure';

/**
 * Decides whether the wall clock can be trusted. If a clock is wrong, recent data may seem old enough to be
 * deleted.
 */
export interface ClockGuard {
  /**
   * Returns whether the clock is trusted, so that data may be deleted because of its age. @param use default:
   * `expiry`
   */
  isTrusted(use?: DeletionKind): boolean;
  /**
   * Returns why the clock is not trusted, as sentences for operators; undefined if it is trusted for every
   * use.
   */
  doubt(): string | undefined;
  /** Returns whether the wall clock was changed since the start, or since the last `confirm`. */
  wasMoved(): boolean;
  /**
   * Makes the clock trusted from now on. Called when a trusted clock, such as that of the store's server,
   * shows the same time.
   */
  confirm(): void;
  /** Makes the clock untrusted until the next `confirm`. @param reason why, as a sentence for operators */
  contradict(reason: string): void;
  /**
   * Asserts that data may be deleted because of its age.
   * @throws Error with a one-line message if the clock is not trusted
   */
  assertTrusted(use?: DeletionKind): void;
}

export interface ClockGuardDeps {
  /** Returns the time of the wall clock, in ms. Default: `Date.now`. */
  now?(): number;
  /**
   * Returns the milliseconds since a fixed moment, including time in which the machine was suspended.
   * Default: the system's uptime.
   */
  elapsed?(): number;
  /**
   * Set if the clock must not be trusted until the first `confirm`: the reason, as a sentence for operators.
   */
  readonly unconfirmed?: string | undefined;
  /**
   * Returns an additional reason not to trust the clock, which applies until the first `confirm`. Default:
   * there is no such reason.
   */
  doubtAtStart?(use: DeletionKind): string | undefined;
}

/**
 * Creates a clock guard. The guard tolerates small corrections of the clock, such as corrections by NTP, as
 * long as they add up to at most a minute.
 */
export function createClockGuard({
  now = Date.now,
  elapsed = systemUptimeMs,
  unconfirmed,
  doubtAtStart = () => undefined,
}: ClockGuardDeps = {}): ClockGuard {
  function startedAt(): number {
    return now() - elapsed();
  }
  let base = startedAt();
  let contradiction = unconfirmed;
  let isConfirmed = false;

  function movedMs(): number {
    return startedAt() - base;
  }
  function wasMoved(): boolean {
    return Math.abs(movedMs()) > TOLERANCE_MS;
  }
  function doubtsAbout(use: DeletionKind): readonly string[] {
    const atStart = isConfirmed ? undefined : doubtAtStart(use);
    const move = wasMoved() ? describeClockMove(movedMs()) : undefined;
    return [contradiction, atStart, move].filter((reason) => reason !== undefined);
  }
  function isTrusted(use: DeletionKind = 'expiry'): boolean {
    return doubtsAbout(use).length === 0;
  }

  return {
    isTrusted,
    wasMoved,
    doubt: () => doubtsAbout('erasure').join(' ') || undefined,
    confirm() {
      base = startedAt();
      contradiction = undefined;
      isConfirmed = true;
    },
    contradict(reason) {
      contradiction = reason;
    },
    assertTrusted(use = 'expiry') {
      const doubts = doubtsAbout(use);
      if (doubts.length > 0)
        throw new Error(`${doubts.join(' ')} Nothing is deleted by age until the clock is trusted.`);
    },
  };
}

/** Returns the time since the system started, in ms, including time in which it was suspended. */
export function systemUptimeMs(): number {
  return uptime() * 1000;
}

function describeClockMove(movedMs: number): string {
  const seconds = Math.round(Math.abs(movedMs) / 1000);
  const direction = movedMs < 0 ? 'back' : 'forward';
  return `The clock was set ${direction} by ${seconds} s: correct the clock or, if it is correct now, restart the process.`;
}
