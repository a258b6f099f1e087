/**
 * Decides at the start of a process whether its clock can be trusted. Used on systems that have no second
 * clock for a comparison. The process compares its clock with the time that the previous process last stored.
 */
import { type ClockGuard, DAY_MS, type DeletionKind, HOUR_MS, systemUptimeMs } from '@latchkey/process';
import type { ClockReading, ClockReadingStore } from '@latchkey/store';

/**
 * The maximum time between the last stored time and the start of a process, in ms. If the difference is
 * larger, somebody may have set the clock forward, so the clock is not trusted at first.
 */
const MAX_ADVANCE_MS = DAY_MS;
/**
 * The maximum time, in ms, by which the clock may be behind the last stored time. If it is further behind,
 * the clock is not trusted at first.
 */
const MAX_SET_BACK_MS = HOUR_MS;
/**
 * How long a clock that was not trusted at the start of a process remains untrusted, in ms of running time.
 * If the process is restarted, its running time is added to that of the next process.
 */
const HELD_MS: Readonly<Record<DeletionKind, number>> = { expiry: DAY_MS, erasure: 3 * DAY_MS };
const NOTE_EVERY_MS = 60_000;

export interface ClockHistoryDeps {
  readonly readings: ClockReadingStore;
  /**
   * Returns the time of the newest data in the store, or undefined if the store is empty. Used if no process
   * has stored its time yet. By default, the store counts as empty.
   */
  newestTime?(): Promise<Date | undefined>;
  now?(): Date;
  /**
   * Returns the time since any fixed moment, in ms, on a clock that nobody can set, like the option `elapsed`
   * of `createClockGuard`.
   */
  elapsed?(): number;
}

type Guard = Pick<ClockGuard, 'isTrusted' | 'wasMoved'>;

export interface ClockHistory {
  /**
   * Compares the clock with the time that the previous process last stored. Until the first successful
   * comparison, the clock is not trusted. Calls after that do nothing.
   * @throws StoreUnavailable
   */
  resume(): Promise<void>;
  /**
   * Returns why the clock is not trusted; undefined if it is trusted.
   * @param use what the clock is needed for: deleting expired data, or erasing accounts
   */
  doubt(use: DeletionKind): string | undefined;
  /**
   * Stores the current time, so that the next process can compare its clock with it. Stores nothing if
   * somebody has changed the clock since this process started.
   * @throws StoreUnavailable
   */
  note(guard: Guard): Promise<void>;
  /**
   * Stores the current time every minute. A failed write is ignored, because the next one follows a minute
   * later.
   * @returns a function that stops the writes
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
      if (reading === undefined) return 'The clock has not been compared with the last use of the store yet.';
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
 * Returns the reading with which a starting process begins. If the clock was still untrusted when the
 * previous process ended, the new process keeps the clock untrusted for the remaining time. The time during
 * which no process ran does not shorten the remaining time, and does not add to it.
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
  const expiry =
    expiryMs > 0 ? `nothing expires until the process has run for another ${inHours(expiryMs)}, and ` : '';
  return `When the process started, the clock was ${hours} h ${direction} than when the store was last used. In case the clock is wrong, ${expiry}no account is erased until the process has run for another ${inHours(leftMs)}.`;
}

function inHours(ms: number): string {
  return `${Math.ceil(ms / HOUR_MS)} h`;
}
