/** A reading of the clock by a process that used the store. */
export interface ClockReading {
  /** The time of the reading. */
  readonly at: Date;
  /** How much longer a process must run before it trusts the clock, in ms; 0 if the clock is trusted. */
  readonly heldMs: number;
  /**
   * By how much the clock differed from the reading of the previous process when it became untrusted, in ms; negative
   * if it was earlier.
   */
  readonly gapMs: number;
}

/** Stores the last reading of the clock. Every method rejects with StoreUnavailable if the store fails. */
export interface ClockReadings {
  last(): Promise<ClockReading | undefined>;
  /** Replaces the last reading. A reading may be lost in a crash of the machine. */
  note(reading: ClockReading): Promise<void>;
}
