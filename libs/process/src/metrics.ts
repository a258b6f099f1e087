/** Prometheus metrics (prom-client), one registry per process, handed in; names start with `latchkey_`. */
import { collectDefaultMetrics, Registry } from 'prom-client';

export type { Registry };

/** A registry with the process's own metrics (CPU, memory, event loop). */
export function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'latchkey_' });
  return registry;
}
