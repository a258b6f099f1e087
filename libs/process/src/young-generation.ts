import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/**
 * Matches an option of Node that sets the size of the young generation, on the command line or in
 * NODE_OPTIONS.
 */
const CHOSEN = /--(?:max|min)[-_]semi[-_]space[-_]size|--semi[-_]space[-_]growth[-_]factor/;

/** The size of the young generation in MB: two halves of 2 MB. V8 begins with halves of 1 MB or less. */
const YOUNG_MB = 4;

/**
 * Sets the size of V8's young generation to 2 MB per half. Without this limit, it grows to 32 MB per half
 * while modules are loaded, and V8 never releases this memory, even if the process then has little to do.
 * With halves of 1 MB, the young generation would be collected twice as often, and collecting it would take
 * twice as much CPU time.
 * Also makes V8 collect the young generation on one thread: waking other threads to collect so little memory
 * would take a tenth of the CPU time of a start, which is more than it saves. Must be called before modules are
 * loaded, so a program must import its modules dynamically after this call. Does nothing if an option sets a
 * size.
 */
export function limitYoungGeneration({ execArgv, env }: Pick<NodeJS.Process, 'execArgv' | 'env'>): void {
  const options = [...execArgv, env['NODE_OPTIONS'] ?? ''].join(' ');
  if (CHOSEN.test(options)) return;
  // V8 reads these flags each time before it lets the young generation grow or collects it.
  setFlagsFromString('--no-parallel-scavenge');
  setFlagsFromString('--semi-space-growth-factor=2');
  growYoungGeneration();
  setFlagsFromString('--semi-space-growth-factor=1');
}

/**
 * Makes the young generation grow to its size, which takes about 5 ms of CPU time. No flag of V8 sets the size
 * after the start of the process. V8 doubles the size when many objects have survived a collection. If V8
 * behaves differently, a few rounds do no harm.
 */
function growYoungGeneration(): void {
  let survivors: readonly object[] = [];
  for (let round = 0; round < 20 && youngMegabytes() < YOUNG_MB; round += 1)
    survivors = [...survivors.slice(-10_000), ...Array.from({ length: 10_000 }, (_, index) => ({ index }))];
}

function youngMegabytes(): number {
  const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
  return (young?.space_size ?? 0) / 1024 ** 2;
}
