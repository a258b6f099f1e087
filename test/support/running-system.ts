/** Tests a system that was started elsewhere, and that keeps running after the tests. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { System } from './system.ts';

/**
 * Connects the tests to the running system at LATCHKEY_URL.
 * @throws Error that names a missing environment variable
 */
export async function connectToSystem(url: string): Promise<System> {
  const commands = {
    mailbox: required('MAILBOX_URL'),
    ops: required('LATCHKEY_OPS'),
    kill: required('LATCHKEY_KILL'),
    start: required('LATCHKEY_START'),
  };
  return {
    url: withoutSlash(url),
    mailbox: withoutSlash(commands.mailbox),
    output: () => '',
    ops: (...words) => shell(`${commands.ops} "$@"`, words),
    kill: async () => void (await shell(commands.kill)),
    start: async () => void (await shell(commands.start)),
    stop: async () => undefined,
  };
}

function required(name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`${name} is not set: with LATCHKEY_URL it is needed too, see test/support/system.ts`);
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

/**
 * Runs a shell command.
 * @returns its output; rejects with that output if the command fails
 */
async function shell(command: string, words: readonly string[] = []): Promise<string> {
  const { stdout } = await promisify(execFile)('sh', ['-c', command, 'sh', ...words]);
  return stdout;
}
