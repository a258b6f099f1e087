/** A reading of the clock by a process that used the store. */
export interface ClockReading {
  /** The time that the clock showed. */
  readonly at: Date;
  /** How much longer a process must run before it trusts the clock, in ms; 0 if it trusts the clock now. */
  readonly heldMs: number;
  /**
   * How far the clock was ahead of the last reading of the previous process when it was found to be doubtful,
   * in ms; negative if the clock was behind that reading.
   */
  readonly gapMs: number;
}

/** Stores the last reading of the clock. Every method rejects with StoreUnavailable if the store fails. */
export interface ClockReadingStore {
  last(): Promise<ClockReading | undefined>;
  /** Replaces the stored reading by this one. If the machine crashes, this reading may be lost. */
  note(reading: ClockReading): Promise<void>;
}
