/** Opens the store that the settings select. */
import { resolve } from 'node:path';
import { type OpenStoreOptions, readStoreConfig, type Store, type StoreConfig } from '@latchkey/backend';
import type { Environment } from '@latchkey/process';
import type { DataFile } from '@latchkey/store';
import type { CommandContext } from './context.ts';
import { retryUntilReachable } from './patience.ts';

export function getDataFolder(environment: Environment): string {
  return resolve(environment['DATA_DIR'] || './.data');
}

interface StoreOptions extends Partial<OpenStoreOptions> {
  /** The store to open. Default: the store that the settings select. */
  readonly config?: StoreConfig;
}

/**
 * Opens a store, passes it to `work`, and closes it afterwards. Servers may use the store at the same time.
 * @throws ConfigError, StoreMisconfigured, DataFolderError
 */
export async function withOpenedStore(
  context: CommandContext,
  work: (store: Store) => Promise<void>,
  { config = readStoreConfig(context.environment), as = 'shared', isLongRunning = false }: StoreOptions = {},
): Promise<void> {
  const store = config.open({ as, isLongRunning });
  try {
    await retryUntilReachable(context, store.name, store.health);
    await work(store);
  } finally {
    await store.close();
  }
}

/**
 * Opens a store, passes the store's file to `work`, and closes the store afterwards.
 * @throws Error with a one-line message if this kind of store has no file; the errors of withOpenedStore
 */
export function withDataFile(
  context: CommandContext,
  work: (file: DataFile) => Promise<void>,
  options: StoreOptions,
): Promise<void> {
  return withOpenedStore(
    context,
    async ({ kind, file }) => {
      if (file === undefined) throw new Error(`STORE: a ${kind} store has no data folder`);
      await work(file);
    },
    options,
  );
}
