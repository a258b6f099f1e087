/** Runs an ops command in a separate process, so that a test can watch its output and kill it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { killWhenTestEnds } from './end-with-test.ts';
import { eventually } from './eventually.ts';
import { OPS_PATH } from './programs.ts';
import type { Settings } from './system.ts';

export interface OpsProcess {
  /** Returns everything that the command has printed to stdout and stderr so far. */
  output(): string;
  /**
   * Waits until the output matches the expression.
   * @throws Error if the command exits before that, or if the wait takes too long
   */
  prints(text: RegExp): Promise<void>;
  /** Kills the command with SIGKILL, and waits until it has ended. */
  kill(): Promise<void>;
  /**
   * Waits until the command exits, without stopping it.
   * @returns its exit code
   */
  ended(): Promise<number | null>;
}

const PATIENCE_MS = 300_000;
const { PATH, NODE_COMPILE_CACHE } = process.env;

/** Starts an ops command. The settings name the store on which the command works. */
export function startOpsCommand(settings: Settings, ...words: readonly string[]): OpsProcess {
  const child = spawn(process.execPath, [OPS_PATH, ...words], {
    env: { PATH, NODE_COMPILE_CACHE, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  killWhenTestEnds(child);
  let hasClosed = false;
  const closed = once(child, 'close').then(() => {
    hasClosed = true;
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (printed += String(text)));

  return {
    output: () => printed,
    prints: (text) =>
      eventually(
        `${words.join(' ')} prints ${text}`,
        () => {
          if (text.test(printed)) return true;
          if (hasClosed) throw new Error(`it ended with ${child.exitCode}: ${printed}`);
          return undefined;
        },
        PATIENCE_MS,
      ).then(() => undefined),
    async kill() {
      child.kill('SIGKILL');
      await closed;
    },
    async ended() {
      await closed;
      return child.exitCode;
    },
  };
}
