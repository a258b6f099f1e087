import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Returns the memory of a Node process that does nothing, in MB. */
export async function measureBareNodeMegabytes(): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, ['-p', 'process.memoryUsage.rss()']);
  return Number(stdout) / 1_000_000;
}
