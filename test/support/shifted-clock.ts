/**
 * A module to preload (`node --import`). It shifts the wall clock of its process by CLOCK_OFFSET_MS, so that the links
 * and sessions of a fixture are still valid on any later day. Timers and the monotonic clock are not shifted.
 */
const offset = Number(process.env['CLOCK_OFFSET_MS']);
if (!Number.isSafeInteger(offset)) throw new Error('CLOCK_OFFSET_MS must be a whole number');

const readRealClock = Date.now;
Date.now = () => readRealClock() + offset;

globalThis.Date = new Proxy(Date, {
  construct: (date, words, newTarget) =>
    Reflect.construct(date, words.length === 0 ? [date.now()] : words, newTarget),
  apply: (date) => new date(date.now()).toString(),
});
