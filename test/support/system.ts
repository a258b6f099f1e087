/**
 * The system under test, known by its addresses alone. `startSystem` takes what the environment names:
 *
 * - LATCHKEY_URL and MAILBOX_URL (Mailpit's, or one with its paths): whatever runs there. It is handled by shell
 *   commands: LATCHKEY_OPS, to which the words of an ops command are added
 *   (`docker compose exec -T auth node apps/ops/src/main.ts`); LATCHKEY_KILL, which ends its services at once, as a
 *   power cut would (`docker compose kill auth user notifier`); LATCHKEY_START, which starts them again and returns
 *   when they are ready (`docker compose up --wait`).
 * - KAFKA_BROKERS and MONGO_URL: two processes of each service on these servers, see cluster.ts.
 * - none of them: a standalone.
 */
import { startCluster } from './cluster.ts';
import { runningSystem } from './running-system.ts';
import { startStandalone } from './standalone.ts';

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

let system: Promise<System> | undefined;

/** The system of this process, ready to answer: the same one for every test file that is run in it. */
export function startSystem(): Promise<System> {
  system ??= start();
  return system;
}

function start(): Promise<System> {
  const { LATCHKEY_URL, KAFKA_BROKERS, MONGO_URL } = process.env;
  if (LATCHKEY_URL) return runningSystem(LATCHKEY_URL);
  if (KAFKA_BROKERS && MONGO_URL) return startCluster();
  return startStandalone();
}
