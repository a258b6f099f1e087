/**
 * Defines process parts. The parts of a process start in order, stop in reverse order, and report their
 * health.
 */
import { ConfigError } from './config.ts';
import type { Logger } from './logger.ts';

export type DependencyState = 'ok' | 'degraded' | 'down';

/** The state of a dependency of a process part, such as a store or a mail server. */
export interface DependencyHealth {
  readonly name: string;
  /** The service that has this dependency, if one process runs several services. */
  readonly service?: string;
  readonly state: DependencyState;
  /**
   * True if the part can serve no requests without the dependency. If false, the part is only degraded while
   * the dependency is down.
   */
  readonly needed: boolean;
  /**
   * What is wrong with the dependency, or what the process waits for, in a few words. Contains no personal
   * data.
   */
  readonly detail?: string;
}

export interface ProcessPart {
  readonly name: string;
  /** Starts the part. Resolves once the part works. */
  start(): Promise<void>;
  /**
   * Accepts no new work, finishes the work in progress, and releases all resources. Idempotent, and allowed
   * after a failed start.
   */
  stop(): Promise<void>;
  /** Returns the current state of each dependency. */
  health(): Promise<readonly DependencyHealth[]>;
}

/**
 * Combines parts into one part, which starts them in order and stops them in reverse order. If a part cannot
 * start, the parts that have started are stopped. If a part cannot stop, the other parts are stopped
 * nevertheless, and the first error is thrown at the end.
 */
export function groupProcessParts(name: string, parts: readonly ProcessPart[]): ProcessPart {
  let begun: ProcessPart[] = [];
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
        // Ignore errors of the cleanup, because the error that made the start fail is more important.
        await stop().catch(() => undefined);
        throw error;
      }
    }
  }

  async function health(): Promise<readonly DependencyHealth[]> {
    return (await Promise.all(parts.map((part) => part.health()))).flat();
  }

  return { name, start, stop, health };
}

/**
 * Reads the settings of a process that has no logger yet. Writes the faults to stderr, one per line.
 * @returns the settings; undefined if they have faults, in which case the process should exit with 1
 */
export function readSettingsOrReport<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.faults.join('\n')}\n`);
    return undefined;
  }
}

/** Functions with which a part of a process can end the process. */
export interface ProcessTermination {
  /** Ends the process because only a restart can solve a problem. */
  fail(reason: string, error?: unknown): void;
  /** Reports that the start has failed, for work that continues after `start` has resolved. */
  failStart(error: unknown): void;
}

export type ExitCode = 0 | 1;

/**
 * Runs a part as the only work of this process: starts it, and stops it on SIGTERM or SIGINT. Logs one line
 * if the part cannot start, if the part calls `fail`, or on an unhandled error.
 * @param options.graceMs how long `stop` may take, in ms; default 10,000
 * @returns the exit code, once the process should exit: 0 after a signal and a clean stop, otherwise 1. The
 * caller must then end the process. If the exit code is 1, work may still be in progress, because
 * `runProcess` does not wait for it after a second signal, at the end of the grace period, or after an
 * unhandled error
 */
export function runProcess(
  logger: Logger,
  build: (process: ProcessTermination) => Promise<ProcessPart>,
  options: { readonly graceMs?: number } = {},
): Promise<ExitCode> {
  const { graceMs = 10_000 } = options;
  const { promise: exitCode, resolve: exit } = Promise.withResolvers<ExitCode>();
  let part: ProcessPart | undefined;
  let ending = false;
  let started: Promise<void> = Promise.resolve();

  async function start(): Promise<void> {
    part = await build({ fail, failStart });
    if (!ending) await part.start();
  }

  async function end(code: ExitCode): Promise<void> {
    ending = true;
    const timer = setTimeout(() => {
      logger.fatal({ graceMs }, 'did not stop in time');
      exit(1);
    }, graceMs);
    // Stop a part only once its start has succeeded or failed.
    await started.catch(() => undefined);
    try {
      await part?.stop();
      exit(code);
    } catch (error) {
      logger.error({ err: error }, 'did not stop cleanly');
      exit(1);
    }
    clearTimeout(timer);
  }

  function onSignal(signal: NodeJS.Signals): void {
    if (ending) {
      logger.fatal({ signal }, 'ended by a second signal');
      exit(1);
    } else {
      logger.info({ signal }, 'stopping');
      void end(0);
    }
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

  function onUnhandled(error: unknown): void {
    // After an unhandled error, the state of the process is unknown. Exit immediately, which is safe because
    // everything that was acknowledged is already stored.
    logger.fatal({ err: error }, 'unhandled error');
    exit(1);
  }

  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  process.on('uncaughtException', onUnhandled).on('unhandledRejection', onUnhandled);

  started = start();
  started.catch((error: unknown) => {
    if (ending) return;
    ending = true;
    reportFailedStart(logger, error);
    exit(1);
  });
  return exitCode;
}

function reportFailedStart(logger: Logger, error: unknown): void {
  if (error instanceof ConfigError) for (const fault of error.faults) logger.fatal(fault);
  else if (isExpected(error)) logger.fatal(`cannot start: ${error.message}`);
  else logger.fatal({ err: error }, 'cannot start');
}

/**
 * Returns whether an error was thrown with a message for operators, for example that a port or a folder is in
 * use. Such an error is a plain Error; errors of other classes are logged with their stack.
 */
function isExpected(error: unknown): error is Error {
  return error instanceof Error && error.constructor === Error && error.message !== '';
}
