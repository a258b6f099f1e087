/** The system under test, known by its addresses alone. */
export type Settings = Readonly<Record<string, string>>;

export interface System {
  /** Everything below it is the API. */
  readonly url: string;
  /** Where Mailpit's paths are. */
  readonly mailbox: string;
  /** Of one on Kafka and MongoDB: what leads to them and to its own database. */
  readonly stores?: { readonly KAFKA_BROKERS: string; readonly MONGO_URL: string };
  /** What it has printed so far. */
  output(): string;
  /** Runs an ops command. @returns what it printed; rejects if it failed. */
  ops(...words: readonly string[]): Promise<string>;
  /** Ends it at once, as a power cut would. */
  kill(): Promise<void>;
  /** Starts it again, with all that it had stored, at the same address. */
  start(): Promise<void>;
  /** Ends it, and deletes what it has stored where that was made for it. */
  stop(): Promise<void>;
}
