/**
 * How long a claimed delivery belongs to its claimer.
 *
 * The lease outlasts a try: a try ends after `tryMs`, and content is sent to the server only while both clocks
 * show that the claim is younger than that. So a process that was paused for minutes never sends a mail that another
 * one has claimed since. The monotonic clock cannot be set, but stops while a machine is suspended; the wall clock
 * does not stop.
 */
import type { Clock } from '../ports/clock.ts';

export interface LeaseTimes {
  /** How long a try may take, in ms. */
  readonly tryMs: number;
  /** How long a claimed delivery belongs to its claimer, in ms. More than `tryMs`. */
  readonly leaseMs: number;
}

export interface Lease {
  /** A unique name per claim. */
  readonly owner: string;
  /** Read before the claim, so that the lease ends later than we think, never earlier. */
  readonly at: Date;
  /** The same instant on the monotonic clock, in ms. */
  readonly monotonic: number;
}

export function beginLease(owner: string, clock: Clock): Lease {
  return { owner, at: clock.now(), monotonic: clock.monotonic() };
}

/** Returns whether content may still be sent under a lease: whether the claim is younger than `tryMs`. */
export function mayStillSend({ at, monotonic }: Lease, clock: Clock, tryMs: number): boolean {
  return clock.monotonic() - monotonic < tryMs && clock.now().getTime() - at.getTime() < tryMs;
}
