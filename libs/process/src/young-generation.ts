import { setFlagsFromString } from 'node:v8';

/**
 * Matches an option of Node that sets the size of the young generation, on the command line or in
 * NODE_OPTIONS.
 */
const CHOSEN = /--(?:max|min)[-_]semi[-_]space[-_]size|--semi[-_]space[-_]growth[-_]factor/;

/**
 * Keeps V8's young generation at its initial size of 1 MB per half. Otherwise it grows to 32 MB per half
 * while modules are loaded, and V8 never releases this memory, even if the process then has little to do.
 * Also makes V8 collect the young generation on one thread: waking other threads to collect 1 MB would take a
 * tenth of the CPU time of a start, which is more than it saves. Must be called before modules are loaded, so
 * a program must import its modules dynamically after this call. Does nothing if an option sets a size.
 */
export function limitYoungGeneration({ execArgv, env }: Pick<NodeJS.Process, 'execArgv' | 'env'>): void {
  const options = [...execArgv, env['NODE_OPTIONS'] ?? ''].join(' ');
  if (CHOSEN.test(options)) return;
  // V8 reads these flags each time before it lets the young generation grow or collects it.
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--no-parallel-scavenge');
}
