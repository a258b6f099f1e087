/** What a store keeps about the clock of the processes that have used it. */
export interface ClockReading {
  /** The latest time that a process with a trusted or doubted, but steady clock has read. */
  readonly at: Date;
  /** How much longer a process must run before it trusts the clock, in ms; 0 if the clock is trusted. */
  readonly heldMs: number;
  /** How far the clock had moved between two processes when the trust was withdrawn, in ms; negative if it was set back. */
  readonly gapMs: number;
}

/** The last reading of the clock. Every method rejects with StoreUnavailable if the store fails. */
export interface ClockReadings {
  last(): Promise<ClockReading | undefined>;
  /** Replaces the last reading. A reading may be lost in a crash of the machine. */
  note(reading: ClockReading): Promise<void>;
}
