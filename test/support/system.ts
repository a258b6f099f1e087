/** A system under test, which tests use only through its addresses and commands. */
export type Settings = Readonly<Record<string, string>>;

export interface System {
  /** The base URL; the API is below it. */
  readonly url: string;
  /** The URL of Mailpit's API. */
  readonly mailbox: string;
  /** The stores of a system on Kafka and MongoDB. */
  readonly stores?: { readonly KAFKA_BROKERS: string; readonly MONGO_URL: string };
  /** Returns the output of its processes so far. */
  output(): string;
  /**
   * Runs an ops command.
   * @returns its output; rejects if it failed
   */
  ops(...words: readonly string[]): Promise<string>;
  /** Kills all processes without a chance to clean up, as a power cut would. */
  kill(): Promise<void>;
  /** Starts the system again with the same data and address. */
  start(): Promise<void>;
  /** Stops the system, and deletes the data that was created for it. */
  stop(): Promise<void>;
}
