/** A reading of the clock by a process that used the store. */
export interface ClockReading {
  /** The time of the reading. */
  readonly at: Date;
  /** For how much longer a process must run before it trusts the clock, in ms; 0 if the clock is trusted. */
  readonly heldMs: number;
  /**
   * By how much the clock differed from the previous process's reading when it was found to be doubtful, in
   * ms; negative if the clock was earlier.
   */
  readonly gapMs: number;
}

/** Stores the last reading of the clock. Every method rejects with StoreUnavailable if the store fails. */
export interface ClockReadings {
  last(): Promise<ClockReading | undefined>;
  /** Replaces the last reading. If the machine crashes, the new reading may be lost. */
  note(reading: ClockReading): Promise<void>;
}
