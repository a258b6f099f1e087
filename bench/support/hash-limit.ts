/**
 * The limit for login and sign-up: CPU ms of one argon2id hash, in a process that does nothing else.
 * Run as a program (`hash-limit.ts <many> <at once>`) it measures and prints; the other functions run that program.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { hashRaw } from '@node-rs/argon2';
import { repeat } from './load.ts';

const PROGRAM = import.meta.filename;
/** argon2id (2), m=19456, t=2, p=1. */
const COST = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 } as const;

function hashOnce() {
  return hashRaw('long enough for a benchmark', { ...COST, salt: randomBytes(32) });
}

async function measure(many: number, atOnce: number): Promise<number> {
  await repeat(4, atOnce, hashOnce);
  const before = process.cpuUsage();
  await repeat(many, atOnce, hashOnce);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / many;
}

/** Returns the CPU ms per hash, of `many` hashes computed `atOnce` at a time. */
export async function hashCpu(many: number, atOnce = 1): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, String(many), String(atOnce)]);
  return Number(stdout);
}

if (process.argv[1] === PROGRAM) {
  const [many = 0, atOnce = 0] = process.argv.slice(2).map(Number);
  console.log(await measure(many, atOnce));
}
