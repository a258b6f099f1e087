/**
 * Runs a server in a separate process. A test can stop the process of the server with any signal, and restart
 * it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { killWhenTestEnds } from './end-with-test.ts';
import { eventually } from './eventually.ts';

export interface ServerProcess {
  readonly url: string;
  /** The base URL of /readyz, /livez and /metrics. */
  readonly operations: string;
  /** Returns the output of the process so far, including the output from before a restart. */
  output(): string;
  /** Returns the process ids of the processes that were started so far, one per start. */
  pids(): readonly number[];
  /** Starts the process, without waiting until it is ready. */
  launch(): void;
  /**
   * Waits until /readyz reports that the process is ready.
   * @throws Error with the output of the process if it exits before that
   */
  ready(): Promise<void>;
  /**
   * Waits until the process exits, without stopping it.
   * @returns its exit code
   */
  ended(): Promise<number | null>;
  /** Sends a signal, and does not wait for its effect. Does nothing if the process is not running. */
  signal(signal: NodeJS.Signals): void;
  /**
   * Sends a signal, and waits until the process has exited.
   * @returns the exit code; null if the process was not running
   */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

export interface ServerProcessOptions {
  readonly url: string;
  /** The base URL of /readyz, /livez and /metrics. */
  readonly operations: string;
  /** The command-line arguments for Node. */
  readonly words: readonly string[];
  /**
   * The environment of the process. If it is a function, the function is called at each start, and returns
   * the environment for that start.
   */
  readonly env: NodeJS.ProcessEnv | (() => NodeJS.ProcessEnv);
}

/** The timeout for the start, in ms: long enough for a busy machine whose Kafka and MongoDB have just started. */
const STARTS_WITHIN_MS = 300_000;

/** Prepares a server process without starting it. */
export function createServerProcess({ url, operations, words, env }: ServerProcessOptions): ServerProcess {
  let child: ChildProcess | undefined;
  let closed: Promise<unknown> = Promise.resolve();
  let printed = '';
  const pids: number[] = [];
  function hasEnded() {
    return child === undefined || child.exitCode !== null || child.signalCode !== null;
  }

  function launch(): void {
    const environment = typeof env === 'function' ? env() : env;
    child = spawn(process.execPath, words, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    killWhenTestEnds(child);
    closed = once(child, 'close');
    if (child.pid !== undefined) pids.push(child.pid);
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (text) => (printed += String(text)));
  }

  async function ended(): Promise<number | null> {
    await closed;
    return child?.exitCode ?? null;
  }

  return {
    url,
    operations,
    output: () => printed,
    pids: () => pids,
    launch,
    ended,
    ready: async () => {
      async function isReady() {
        if (hasEnded()) throw new Error(`it ended with ${child?.exitCode}`);
        const answer = await fetch(`${operations}/readyz`).catch(() => undefined);
        return answer?.status === 200;
      }
      await eventually(`the server at ${url} is ready`, isReady, STARTS_WITHIN_MS).catch((error: Error) => {
        throw new Error(`${error.message}\n${printed}`);
      });
    },
    signal: (signal) => {
      if (!hasEnded()) child?.kill(signal);
    },
    end: async (signal) => {
      if (hasEnded()) return null;
      child?.kill(signal);
      return await ended();
    },
  };
}
