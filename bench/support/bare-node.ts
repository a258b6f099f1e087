import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Returns the memory (RSS) of a Node process that runs no code of ours, in MB. */
export async function measureBareNodeMemoryMegabytes(): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, ['-p', 'process.memoryUsage.rss()']);
  return Number(stdout) / 1_000_000;
}
