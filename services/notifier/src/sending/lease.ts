/**
 * How long a claimed delivery belongs to its claimer.
 *
 * The lease outlasts a try: a try ends after {@link TRY_MS}, and content is sent to the server only while both clocks
 * show that the claim is younger than that. So a process that was paused for minutes never sends a mail that another
 * one has claimed since. The monotonic clock cannot be set, but stops while a machine is suspended; the wall clock
 * does not stop.
 */
import type { Clock } from '../ports/clock.ts';

export const TRY_MS = 60_000;
export const LEASE_MS = 90_000;

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

/** Returns whether content may still be sent under a lease. */
export function mayStillSend({ at, monotonic }: Lease, clock: Clock): boolean {
  return clock.monotonic() - monotonic < TRY_MS && clock.now().getTime() - at.getTime() < TRY_MS;
}
