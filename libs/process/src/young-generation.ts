import { setFlagsFromString } from 'node:v8';

/** Matches an option of Node, on the command line or in NODE_OPTIONS, that sets the size of the young generation. */
const CHOSEN = /--(?:max|min)[-_]semi[-_]space[-_]size|--semi[-_]space[-_]growth[-_]factor/;

/**
 * Keeps V8's young generation at its initial size of 1 MB per half. Otherwise V8 lets it grow to 32 MB per half while
 * modules are loaded, and never releases that memory, even in a process that then has little to do. Must be called
 * before the modules are loaded, so a program must import them dynamically afterwards. Does nothing if an option sets a
 * size.
 */
export function limitYoungGeneration({ execArgv, env }: Pick<NodeJS.Process, 'execArgv' | 'env'>): void {
  const options = [...execArgv, env['NODE_OPTIONS'] ?? ''].join(' ');
  // V8 reads this flag whenever it lets the young generation grow.
  if (!CHOSEN.test(options)) setFlagsFromString('--semi-space-growth-factor=1');
}
