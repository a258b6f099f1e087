/** What runs: parts that start in order, stop in reverse, and can say how they are. */

import { ConfigError } from './config.ts';
import type { Logger } from './logger.ts';

export type DependencyState = 'ok' | 'degraded' | 'down';

/** `needed`: without it the part cannot answer; otherwise its absence only degrades. */
export interface Dependency {
  readonly name: string;
  /** Whose dependency it is, where one process runs several services. */
  readonly service?: string;
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

/**
 * Several parts as one: started in order, stopped in reverse; a failed start stops those already started.
 * A part that fails to stop does not keep the others from stopping; the first such error is thrown at the end.
 */
export function group(name: string, parts: readonly Part[]): Part {
  let begun: Part[] = [];
  let stopping: Promise<void> | undefined;

  function stop(): Promise<void> {
    stopping ??= stopBegun().finally(() => {
      stopping = undefined;
    });
    return stopping;
  }

  async function stopBegun(): Promise<void> {
    const toStop = begun.toReversed();
    begun = [];
    const errors: unknown[] = [];
    for (const part of toStop) await part.stop().catch((error: unknown) => errors.push(error));
    if (errors.length > 0) throw errors[0];
  }

  async function start(): Promise<void> {
    for (const part of parts) {
      begun.push(part);
      try {
        await part.start();
      } catch (error) {
        // Why it could not start is what matters, not what went wrong while clearing up after it.
        await stop().catch(() => undefined);
        throw error;
      }
    }
  }

  async function health(): Promise<readonly Dependency[]> {
    return (await Promise.all(parts.map((part) => part.health()))).flat();
  }

  return { name, start, stop, health };
}

/**
 * The settings of a process, or its end: one line per fault on stderr, and exit 1. For `main.ts`, where the
 * logger is only made from the settings.
 */
export function configOrExit<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.faults.join('\n')}\n`);
    return process.exit(1);
  }
}

/** How a part ends its process, from within. */
export interface ProcessEnd {
  /** Something broke that nobody but a new process can mend. */
  fail(reason: string, error?: unknown): void;
  /** For what is started once `start` has resolved: reported as if that had rejected. */
  failStart(error: unknown): void;
}

/**
 * Runs a part as the process's whole job: starts it, stops it on SIGTERM or SIGINT (exit 0; a second signal
 * or `graceMs`, default 10,000, ends it hard with 1), and ends with one clear line and exit 1 when it cannot
 * start, when `fail` is called, or on an unhandled error. Resolves once the part has started.
 */
export async function runProcess(
  logger: Logger,
  build: (process: ProcessEnd) => Promise<Part>,
  options: { readonly graceMs?: number } = {},
): Promise<void> {
  const { graceMs = 10_000 } = options;
  let part: Part | undefined;
  let ending = false;
  let started: Promise<void> = Promise.resolve();

  async function end(code: 0 | 1): Promise<void> {
    ending = true;
    setTimeout(() => {
      logger.fatal({ graceMs }, 'did not stop in time');
      process.exit(1);
    }, graceMs).unref();
    // A part is only asked to stop once its start has come to an end, one way or the other.
    await started.catch(() => undefined);
    try {
      await part?.stop();
    } catch (error) {
      logger.error({ err: error }, 'did not stop cleanly');
      process.exit(1);
    }
    process.exit(code);
  }

  function onSignal(signal: NodeJS.Signals): void {
    if (ending) {
      logger.fatal({ signal }, 'ended by a second signal');
      process.exit(1);
    }
    logger.info({ signal }, 'stopping');
    void end(0);
  }

  function fail(reason: string, error?: unknown): void {
    if (ending) return;
    logger.fatal(error === undefined ? {} : { err: error }, reason);
    void end(1);
  }

  function failStart(error: unknown): void {
    if (ending) return;
    reportFailedStart(logger, error);
    void end(1);
  }

  function die(error: unknown): void {
    // The state is unknown now; whatever counts has been written down, so the quickest end is the safest.
    logger.fatal({ err: error }, 'unhandled error');
    process.exit(1);
  }

  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  process.on('uncaughtException', die).on('unhandledRejection', die);

  started = build({ fail, failStart }).then(async (built) => {
    part = built;
    if (!ending) await built.start();
  });
  try {
    await started;
  } catch (error) {
    if (ending) return;
    ending = true;
    reportFailedStart(logger, error);
    process.exit(1);
  }
}

function reportFailedStart(logger: Logger, error: unknown): void {
  if (error instanceof ConfigError) for (const fault of error.faults) logger.fatal(fault);
  else if (isExpected(error)) logger.fatal(`cannot start: ${error.message}`);
  else logger.fatal({ err: error }, 'cannot start');
}

/** A plain Error was worded for people (a taken port, a folder in use); any other kind needs its stack. */
function isExpected(error: unknown): error is Error {
  return error instanceof Error && error.constructor === Error && error.message !== '';
}
