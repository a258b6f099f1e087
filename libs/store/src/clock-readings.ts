/** A reading of the clock by a process that used the store. */
export interface ClockReading {
  /** The time that the clock showed. */
  readonly at: Date;
  /**
   * If the process does not trust the clock: how much longer it must run before it does, in ms. 0 if it
   * already trusts the clock.
   */
  readonly heldMs: number;
  /**
   * If a process did not trust the clock when it started: the difference between the time at its start and
   * the last reading of the previous process, in ms. Negative if the clock was behind that reading.
   */
  readonly gapMs: number;
}

/** Stores the last reading of the clock. Every method rejects with StoreUnavailable if the store fails. */
export interface ClockReadingStore {
  last(): Promise<ClockReading | undefined>;
  /** Replaces the stored reading by this one. If the machine crashes, this reading may be lost. */
  note(reading: ClockReading): Promise<void>;
}
