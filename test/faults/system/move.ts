/** Moves a standalone to a cluster with `ops move`, as docs/moving.md describes. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { Cluster } from '../../support/cluster.ts';
import { createOpsRunner } from '../../support/programs.ts';
import { ALL_CLIENTS_TARGET } from '../nemesis/hits.ts';
import { openCluster } from './cluster.ts';
import { openStandalone } from './standalone.ts';
import type { SystemOptions, SystemUnderTest } from './under-test.ts';

/**
 * Starts a standalone that can be moved to a cluster. In the first half of the run, faults hit the
 * standalone; in the second half, they hit the cluster. People keep sending requests during the move,
 * although no server accepts their connections then.
 */
export async function openMovedStandalone(
  options: SystemOptions,
  stack: AsyncDisposableStack,
): Promise<SystemUnderTest> {
  const half = { ...options, settings: { ...options.settings, seconds: options.settings.seconds / 2 } };
  const standalone = await openStandalone(half, stack);
  return {
    ...standalone,
    async move() {
      const at = new Date().toISOString();
      const countHits = options.work(ALL_CLIENTS_TARGET).watch();
      const cluster = await openCluster(half, stack, {
        ...standalone,
        moveTo: (target) => moveDataFolder(standalone.stores.DATA_DIR, target),
      });
      options.recordFault({
        at,
        fault: 'move',
        target: 'move',
        until: new Date().toISOString(),
        hits: countHits(),
      });
      return {
        ...cluster,
        senders: () => ({ ...standalone.senders(), ...cluster.senders() }),
        nameOf: (origin) => cluster.nameOf(origin) ?? standalone.nameOf(origin),
      };
    },
  };
}

/** Moves the data folder of a standalone that does not run to a cluster that does not run yet. */
export async function moveDataFolder(
  folder: string,
  { stores, secretsFolder }: Pick<Cluster, 'stores' | 'secretsFolder'>,
): Promise<void> {
  await createOpsRunner({ ...process.env, ...stores, DATA_DIR: folder })('move');
  const keys = parseEnv(await readFile(join(folder, 'cluster.env'), 'utf8'));
  for (const [name, value = ''] of Object.entries(keys)) await writeFile(join(secretsFolder, name), value);
}
