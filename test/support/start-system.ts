/**
 * Starts the system under test that the environment names:
 * - LATCHKEY_URL and MAILBOX_URL (that of Mailpit, or of a server with its API): a system that is already running.
 * Shell commands control it: LATCHKEY_OPS, to which the arguments of an ops command are appended (`docker compose exec
 * -T auth node programs/ops.js`); LATCHKEY_KILL, which kills its services (`docker compose kill auth user
 * notifier`); and LATCHKEY_START, which starts them again and returns when they are ready (`docker compose up --wait`).
 * - KAFKA_BROKERS and MONGO_URL: two processes of each service on these servers, see cluster.ts.
 * - none of these: a standalone.
 */
import { startCluster } from './cluster.ts';
import { connectToSystem } from './running-system.ts';
import { startStandalone } from './standalone.ts';
import type { System } from './system.ts';

let system: Promise<System> | undefined;

/** Starts the system, or returns the one that is already running. Resolves once it is ready. */
export function startSystem(): Promise<System> {
  system ??= start();
  return system;
}

function start(): Promise<System> {
  const { LATCHKEY_URL, KAFKA_BROKERS, MONGO_URL } = process.env;
  if (LATCHKEY_URL) return connectToSystem(LATCHKEY_URL);
  if (KAFKA_BROKERS && MONGO_URL) return startCluster();
  return startStandalone();
}
