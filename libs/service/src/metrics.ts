/** Prometheus metrics (prom-client), one registry per process, handed in; names start with `latchkey_`. */
import type { Registry } from 'prom-client';

export type { Registry };

/** A registry with the process's own metrics (CPU, memory, event loop). */
export declare function createRegistry(): Registry;
