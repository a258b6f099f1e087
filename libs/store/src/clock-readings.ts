/** A reading of the clock by a process that used the store. */
export interface ClockReading {
  /** The time that the clock showed. */
  readonly at: Date;
  /** For how much longer a process must run before it trusts the clock, in ms; 0 if the clock is trusted. */
  readonly heldMs: number;
  /**
   * The difference between this clock, when it was found to be doubtful, and the last reading of the previous
   * process, in ms; negative if the clock was earlier than that reading.
   */
  readonly gapMs: number;
}

/** Stores the last reading of the clock. Every method rejects with StoreUnavailable if the store fails. */
export interface ClockReadings {
  last(): Promise<ClockReading | undefined>;
  /** Stores a reading in place of the last one. If the machine crashes, the new reading may be lost. */
  note(reading: ClockReading): Promise<void>;
}
