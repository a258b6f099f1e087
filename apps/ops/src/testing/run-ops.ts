/** Runs `npm run ops -- …` as a process, for tests. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { getMainModulePath } from '@latchkey/process/testing/program-paths';

export interface ExitedProcess {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

const MAIN = getMainModulePath('apps/ops');
const { PATH, NODE_COMPILE_CACHE } = process.env;
const TIMEOUT_MS = 180_000;

/** Runs an ops command as a process, whose environment contains only the given settings. */
export async function runOps(
  settings: Readonly<Record<string, string>>,
  ...words: readonly string[]
): Promise<ExitedProcess> {
  const child = spawn(process.execPath, [MAIN, ...words], {
    env: { PATH, NODE_COMPILE_CACHE, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  const ended = once(child, 'close');
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await ended;
  return { code: child.exitCode, out, err };
}
