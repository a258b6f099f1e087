/**
 * Decides at the start of a process whether its clock can be trusted, if there is no other clock to compare it with.
 * Compares the clock with its last reading, which the store keeps.
 */
import { type ClockGuard, type ClockUse, DAY_MS, HOUR_MS, systemUptimeMs } from '@latchkey/process';
import type { ClockReading, ClockReadings } from '@latchkey/store';

/**
 * The maximum time from the last reading to the start of a process, in ms. After a longer time, the clock is not
 * trusted at first: it may have been set forward.
 */
const MAX_ADVANCE_MS = DAY_MS;
/**
 * The maximum time by which the clock may be earlier than the last reading, in ms. If it is earlier by more, it is not
 * trusted at first.
 */
const MAX_SET_BACK_MS = HOUR_MS;
/**
 * How long processes must run with a doubted clock before they trust it, in ms. The times of several processes add up.
 */
const HELD_MS: Readonly<Record<ClockUse, number>> = { expiry: DAY_MS, erasure: 3 * DAY_MS };
const NOTE_EVERY_MS = 60_000;

export interface ClockHistoryDeps {
  readonly readings: ClockReadings;
  /**
   * Returns the time of the newest data in the store, which is used if the store has no reading yet; undefined if it
   * has no data. Default: there is no data.
   */
  newestTime?(): Promise<Date | undefined>;
  now?(): Date;
  /** Returns the time since some fixed instant, in ms, as for `createClockGuard`. */
  elapsed?(): number;
}

type Guard = Pick<ClockGuard, 'isTrusted' | 'wasMoved'>;

export interface ClockHistory {
  /**
   * Compares the clock with the last reading, on the first call only. The clock is not trusted before. @throws
   * StoreUnavailable
   */
  resume(): Promise<void>;
  /** Returns why the clock is not trusted; undefined if there is no reason for doubt. */
  doubt(use: ClockUse): string | undefined;
  /** Stores a reading of the clock, unless the clock was changed while the process ran. @throws StoreUnavailable */
  note(guard: Guard): Promise<void>;
  /**
   * Stores a reading every minute. Ignores failures, because the next reading replaces the missing one.
   * @returns a function that stops this
   */
  keepNoting(guard: Guard): () => void;
}

export function createClockHistory({
  readings,
  newestTime = async () => undefined,
  now = () => new Date(),
  elapsed = systemUptimeMs,
}: ClockHistoryDeps): ClockHistory {
  let reading: ClockReading | undefined;
  let countedTo = elapsed();

  async function resume(): Promise<void> {
    if (reading !== undefined) return;
    const last = (await readings.last()) ?? readingFrom(await newestTime());
    const first = readingAtStart(last, now());
    await readings.note(first);
    countedTo = elapsed();
    reading = first;
  }

  /** Returns how much longer the clock remains untrusted, in ms. */
  function heldMs(known: ClockReading): number {
    return Math.max(0, known.heldMs - (elapsed() - countedTo));
  }

  async function note(guard: Guard): Promise<void> {
    if (reading === undefined || guard.wasMoved()) return;
    const next = { ...reading, at: now(), heldMs: guard.isTrusted('erasure') ? 0 : heldMs(reading) };
    countedTo = elapsed();
    reading = next;
    await readings.note(next);
  }

  return {
    resume,
    note,
    doubt(use) {
      if (reading === undefined) return 'The clock was not compared with the last use of the store yet.';
      const left = heldMs(reading);
      const isHeld = left > HELD_MS.erasure - HELD_MS[use];
      return isHeld ? describeHold(reading.gapMs, left) : undefined;
    },
    keepNoting(guard) {
      const timer = setInterval(() => void note(guard).catch(() => undefined), NOTE_EVERY_MS).unref();
      return () => clearInterval(timer);
    },
  };
}

function readingFrom(at: Date | undefined): ClockReading | undefined {
  return at && { at, heldMs: 0, gapMs: 0 };
}

/**
 * Returns the first reading of a process. If the clock is still untrusted from an earlier start, the waiting time
 * continues, and another gap does not extend it.
 */
function readingAtStart(last: ClockReading | undefined, at: Date): ClockReading {
  if (last === undefined) return { at, heldMs: 0, gapMs: 0 };
  if (last.heldMs > 0) return { ...last, at };
  const gapMs = at.getTime() - last.at.getTime();
  const isSteady = gapMs <= MAX_ADVANCE_MS && gapMs >= -MAX_SET_BACK_MS;
  return isSteady ? { at, heldMs: 0, gapMs: 0 } : { at, heldMs: HELD_MS.erasure, gapMs };
}

function describeHold(gapMs: number, leftMs: number): string {
  const hours = Math.round(Math.abs(gapMs) / HOUR_MS);
  const direction = gapMs < 0 ? 'earlier' : 'later';
  const expiryMs = leftMs - (HELD_MS.erasure - HELD_MS.expiry);
  const expiry = expiryMs > 0 ? `nothing expires for another ${inHours(expiryMs)}, and ` : '';
  return `At a start, the clock was ${hours} h ${direction} than when the store was last used. In case it is wrong, ${expiry}no account is erased for another ${inHours(leftMs)} in which the process runs.`;
}

function inHours(ms: number): string {
  return `${Math.ceil(ms / HOUR_MS)} h`;
}
