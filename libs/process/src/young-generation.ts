import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/**
 * Matches an option of Node that sets the size of the young generation, on the command line or in
 * NODE_OPTIONS.
 */
const CHOSEN = /--(?:max|min)[-_]semi[-_]space[-_]size|--semi[-_]space[-_]growth[-_]factor/;

/**
 * The size of the young generation in MB. It consists of two halves, each of 2 MB. V8 begins with halves of 1
 * MB or less.
 */
const YOUNG_MB = 4;

/**
 * Limits V8's young generation to 2 MB per half, and makes V8 collect it on one thread. Does nothing if an
 * option of Node already sets its size.
 *
 * Without the limit, the young generation grows to 32 MB per half while modules are loaded, and V8 never
 * releases this memory. With 1 MB per half, V8 would collect it twice as often, which takes twice the CPU
 * time. With several threads, waking the threads would cost more CPU time than they save: a tenth of what a
 * start costs.
 *
 * Call this function before modules are loaded: the program must import its modules dynamically afterwards.
 */
export function limitYoungGeneration({ execArgv, env }: Pick<NodeJS.Process, 'execArgv' | 'env'>): void {
  const options = [...execArgv, env['NODE_OPTIONS'] ?? ''].join(' ');
  if (CHOSEN.test(options)) return;
  // These flags take effect in a running process, because V8 reads them each time before it collects the
  // young generation or lets it grow.
  setFlagsFromString('--no-parallel-scavenge');
  setFlagsFromString('--semi-space-growth-factor=2');
  growYoungGeneration();
  setFlagsFromString('--semi-space-growth-factor=1');
}

/**
 * Makes the young generation grow to YOUNG_MB, which takes about 5 ms of CPU time. V8 has no flag that sets
 * the size in a running process. However, V8 doubles the size when many objects have survived a collection,
 * so this function creates such objects. The number of rounds is limited, in case another version of V8
 * behaves differently.
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
