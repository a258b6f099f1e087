/** A server in a process of its own, which a test can stop in every way and restart. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from './eventually.ts';

export interface ServerProcess {
  readonly url: string;
  /** The URL of /readyz, /livez and /metrics. */
  readonly operations: string;
  /** Returns its output so far, including that of earlier processes. */
  output(): string;
  /** Starts it, without waiting for it. */
  launch(): void;
  /** Waits until /readyz says that it is ready. @throws Error with its output if it exits before */
  ready(): Promise<void>;
  /** Waits until it exits by itself. @returns its exit code */
  ended(): Promise<number | null>;
  /** Sends it a signal, without waiting. No-op if it does not run. */
  signal(signal: NodeJS.Signals): void;
  /** Sends it a signal and waits until it has exited. @returns its exit code; null if it did not run */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

export interface Program {
  readonly url: string;
  /** The URL of /readyz, /livez and /metrics. */
  readonly operations: string;
  /** The arguments of Node. */
  readonly words: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** On a busy machine, with servers that have just been started themselves. */
const STARTS_WITHIN_MS = 120_000;

/** Describes the process; it is not started yet. */
export function serverProcess({ url, operations, words, env }: Program): ServerProcess {
  let child: ChildProcess | undefined;
  let closed: Promise<unknown> = Promise.resolve();
  let printed = '';
  function hasEnded() {
    return child === undefined || child.exitCode !== null || child.signalCode !== null;
  }

  function launch(): void {
    child = spawn(process.execPath, words, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    closed = once(child, 'close');
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
