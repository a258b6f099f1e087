import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import { computeHashConcurrency, enlargeThreadPool } from './thread-pool.ts';

/**
 * A script that starts a file access and four long hashes, which occupy all threads of a pool of the default
 * size. It prints which completes first: a hash, or the file access. With the argument `widen`, the script
 * enlarges the pool first, and the hashes take longer, so that the file access reliably completes first even
 * on a busy machine.
 */
const script = `
  import { access } from 'node:fs/promises';
  import { hashRaw } from '@node-rs/argon2';
  import { enlargeThreadPool } from '${new URL('./thread-pool.ts', import.meta.url)}';
  const isWidened = process.argv.includes('widen');
  if (isWidened) enlargeThreadPool(process.env);
  const options = { timeCost: isWidened ? 120 : 30 };
  const hashes = Array.from({ length: 4 }, () => hashRaw('a', options).then(() => 'hash'));
  const file = access('.').then(() => 'file');
  console.log(await Promise.race([...hashes, file]));
`;

/**
 * Returns what completes first in the script. Then kills the script, because the other hashes take seconds.
 */
async function first(...args: string[]): Promise<string> {
  const { UV_THREADPOOL_SIZE: _, ...env } = process.env;
  const node = ['--input-type=module', '--eval', script, ...args];
  const child = spawn(process.execPath, node, {
    env,
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    for await (const line of createInterface({ input: child.stdout })) return line;
    throw new Error('the script has printed nothing');
  } finally {
    child.kill('SIGKILL');
  }
}

describe('the thread pool', () => {
  test('of the default size is filled by four hashes; the enlarged one is not', async () => {
    assert.equal(await first(), 'hash');
    assert.equal(await first('widen'), 'file');
  });

  test('is made larger than the hash concurrency, unless its size is given', () => {
    const environment: NodeJS.ProcessEnv = {};
    enlargeThreadPool(environment);
    assert.ok(Number(environment['UV_THREADPOOL_SIZE']) > computeHashConcurrency());
    const wanted: NodeJS.ProcessEnv = { HASH_CONCURRENCY: '9' };
    enlargeThreadPool(wanted);
    assert.equal(computeHashConcurrency(9), 9);
    assert.ok(Number(wanted['UV_THREADPOOL_SIZE']) > 9);
    const given = { UV_THREADPOOL_SIZE: '3' };
    enlargeThreadPool(given);
    assert.deepEqual(given, { UV_THREADPOOL_SIZE: '3' });
  });
});
