/**
 * Starts the system under test that the environment names:
 * - LATCHKEY_URL and MAILBOX_URL name a system that is already running, and its mailbox: Mailpit, or a server
 *   with Mailpit's API. The tests control the system with three shell commands. LATCHKEY_OPS runs an ops
 *   command, whose arguments are appended (`docker compose exec -T auth node programs/ops.js`). LATCHKEY_KILL
 *   kills the services (`docker compose kill auth user notifier`). LATCHKEY_START starts the services again,
 *   and returns when they are ready (`docker compose up --wait`).
 * - KAFKA_BROKERS and MONGO_URL name the servers on which two processes of each service are started (see
 *   cluster.ts).
 * - If none of these variables is set, one process runs all services with an embedded store.
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
