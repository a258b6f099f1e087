/** A system under test. Tests use it only through its URLs and commands. */
export type Settings = Readonly<Record<string, string>>;

export interface System {
  /** The base URL of the system. The API is at `/api/v1` below this URL. */
  readonly url: string;
  /** The base URL of a notifier, if the notifier is a process of its own. */
  readonly notifierUrl?: string;
  /** The base URL of Mailpit's API, through which tests read mails. */
  readonly mailbox: string;
  /** The stores of a system on Kafka and MongoDB. */
  readonly stores?: { readonly KAFKA_BROKERS: string; readonly MONGO_URL: string };
  /** Returns everything that the processes of the system have printed so far. */
  output(): string;
  /**
   * Runs an ops command on the system.
   * @returns its output; rejects if the command fails
   */
  ops(...words: readonly string[]): Promise<string>;
  /** Kills all processes of the system without giving them time to clean up, as a power failure would. */
  kill(): Promise<void>;
  /** Starts the system again with the same data and address. */
  start(): Promise<void>;
  /** Stops the system, and deletes the data that was created for the test. */
  stop(): Promise<void>;
}
