/** A server of ours in a process of its own, that a test can end in every way and start again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from './eventually.ts';

export interface ServerProcess {
  readonly url: string;
  /** What it has printed so far, in all of its lives. */
  output(): string;
  /** Starts it, and does not wait for it. */
  launch(): void;
  /** Waits until it says at /readyz that it is. @throws Error with its output if it ends before that */
  ready(): Promise<void>;
  /** Waits until it ends by itself. @returns its exit code */
  ended(): Promise<number | null>;
  /** Sends it a signal, and does not wait. Nothing where it does not run. */
  signal(signal: NodeJS.Signals): void;
  /** Sends it a signal and waits until it has ended. @returns its exit code; null where it did not run */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

export interface Program {
  /** Its own address, where /readyz is. */
  readonly url: string;
  /** What Node is given. */
  readonly words: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** On a busy machine, with servers that have just been started themselves. */
const STARTS_WITHIN_MS = 120_000;

/** Not started yet. */
export function serverProcess({ url, words, env }: Program): ServerProcess {
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
    output: () => printed,
    launch,
    ended,
    ready: async () => {
      async function isReady() {
        if (hasEnded()) throw new Error(`it ended with ${child?.exitCode}`);
        const answer = await fetch(`${url}/readyz`).catch(() => undefined);
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
