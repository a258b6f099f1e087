/** What runs: parts that start in order, stop in reverse, and can say how they are. */
import type { Route } from './http/route.ts';
import type { Logger } from './logger.ts';

export type DependencyState = 'ok' | 'degraded' | 'down';

/** `needed`: without it the part cannot answer; otherwise its absence only degrades. */
export interface Dependency {
  readonly name: string;
  readonly state: DependencyState;
  readonly needed: boolean;
  /** What is waited for or wrong, in a few words, naming nobody. */
  readonly detail?: string;
}

export interface Part {
  readonly name: string;
  /** Resolves once the part works. */
  start(): Promise<void>;
  /** Takes nothing new, finishes what it has in hand, lets go of everything. Idempotent; also after a failed start. */
  stop(): Promise<void>;
  /** The state of each thing that it depends on, at this moment. */
  health(): Promise<readonly Dependency[]>;
}

/** What a service's `compose` returns: a part, and what it answers over HTTP. */
export interface Service extends Part {
  readonly routes: readonly Route[];
}

/** Several parts as one: started in order, stopped in reverse; a failed start stops those already started. */
export declare function group(name: string, parts: readonly Part[]): Part;

/**
 * Runs a part as the process's whole job: starts it, stops it on SIGTERM or SIGINT (exit 0; a second signal
 * or `graceMs`, default 10,000, ends it hard with 1), and ends with one clear line and exit 1 when it cannot
 * start, when `fail` is called, or on an unhandled error.
 */
export declare function runProcess(
  logger: Logger,
  build: (process: { fail(reason: string, error?: unknown): void }) => Promise<Part>,
  options?: { readonly graceMs?: number },
): Promise<void>;
