import { uptime } from 'node:os';

/** How far the wall clock may be moved before deletions by age are suspended, in ms. */
const TOLERANCE_MS = 60_000;

/** Notices that the wall clock was moved while the process ran. Data that seems old may then be young. */
export interface ClockGuard {
  /** Whether data may be deleted because of its age. */
  isTrusted(): boolean;
  /**
   * How far the wall clock was moved since the start, or since it was confirmed, in ms; negative if it was set back.
   */
  movedMs(): number;
  /** Accepts the current time, because another clock agrees with it. */
  confirm(): void;
  /**
   * Asserts that data may be deleted because of its age. @throws Error with a one-line message unless the clock is
   * trusted
   */
  assertTrusted(): void;
}

export interface ClockGuardDeps {
  /** Returns the time of the wall clock, in ms. Default: `Date.now`. */
  now?(): number;
  /**
   * Returns the time since some fixed instant, in ms, including time in which the machine was suspended. Default: the
   * system's uptime.
   */
  elapsed?(): number;
}

/**
 * Creates a guard. Small corrections, such as those by NTP, are accepted; corrections that add up to more than a
 * minute are not.
 */
export function createClockGuard({
  now = Date.now,
  elapsed = () => uptime() * 1000,
}: ClockGuardDeps = {}): ClockGuard {
  function startedAt(): number {
    return now() - elapsed();
  }
  let base = startedAt();

  function movedMs(): number {
    return startedAt() - base;
  }
  function isTrusted(): boolean {
    return Math.abs(movedMs()) <= TOLERANCE_MS;
  }

  return {
    isTrusted,
    movedMs,
    confirm() {
      base = startedAt();
    },
    assertTrusted() {
      if (!isTrusted())
        throw new Error(`${describeClockMove(movedMs())} Nothing is deleted by age until then.`);
    },
  };
}

/** Returns a message for operators: how far the clock was moved, and what they can do. */
export function describeClockMove(movedMs: number): string {
  const seconds = Math.round(Math.abs(movedMs) / 1000);
  const direction = movedMs < 0 ? 'back' : 'forward';
  return `The clock was set ${direction} by ${seconds} s: correct it, or restart the process if it is right now.`;
}
