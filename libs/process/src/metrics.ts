import { collectDefaultMetrics, Registry } from 'prom-client';

export type { Registry };

/**
 * Creates the registry of a process, with its CPU, memory and event-loop metrics. Names start with
 * `latchkey_`.
 */
export function createMetricsRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'latchkey_' });
  return registry;
}
