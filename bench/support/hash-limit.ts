/**
 * Measures the lower bound for login and sign-up: the CPU time of one argon2id hash in a process that does
 * nothing else. The measured process runs this file as its program: `hash-limit.ts <count> <concurrency>`.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { hashRaw } from '@node-rs/argon2';
import { repeatConcurrently } from './load.ts';

const PROGRAM = import.meta.filename;
/** The parameters of argon2id: m=19456, t=2, p=1. */
const COST = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 } as const;

/**
 * Settings that make a server hash passwords at the same cost as `measurePasswordHashCpu`. By default,
 * servers in tests use a lower cost.
 */
export const SETTINGS_WITH_MEASURED_HASH_COST = { HASH_COSTS: `${COST.memoryCost}:${COST.timeCost}` };

function hashOnce() {
  return hashRaw('long enough for a benchmark', { ...COST, salt: randomBytes(32) });
}

async function measure(count: number, concurrency: number): Promise<number> {
  await repeatConcurrently(4, concurrency, hashOnce);
  const before = process.cpuUsage();
  await repeatConcurrently(count, concurrency, hashOnce);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / count;
}

/**
 * Computes `count` hashes in a separate process, `concurrency` of them at a time.
 * @returns the CPU time per hash, in ms
 */
export async function measurePasswordHashCpu(count: number, concurrency = 1): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    PROGRAM,
    String(count),
    String(concurrency),
  ]);
  return Number(stdout);
}

if (process.argv[1] === PROGRAM) {
  const [count = 0, concurrency = 0] = process.argv.slice(2).map(Number);
  console.log(await measure(count, concurrency));
}
