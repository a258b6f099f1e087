/** The system under test, known only by its addresses. */
export type Settings = Readonly<Record<string, string>>;

export interface System {
  /** The base URL; the API is below it. */
  readonly url: string;
  /** The URL of Mailpit's API. */
  readonly mailbox: string;
  /** The stores of a system on Kafka and MongoDB. */
  readonly stores?: { readonly KAFKA_BROKERS: string; readonly MONGO_URL: string };
  /** Returns its output so far. */
  output(): string;
  /** Runs an ops command. @returns what it printed; rejects if it failed */
  ops(...words: readonly string[]): Promise<string>;
  /** Kills it, as a power cut would. */
  kill(): Promise<void>;
  /** Starts it again, on its data, at the same address. */
  start(): Promise<void>;
  /** Stops it, and deletes data that was created for it. */
  stop(): Promise<void>;
}
