import type { Stores } from '../stores.ts';

/** Opens stores that are empty. */
export type OpenStores = () => Promise<{ readonly stores: Stores; close(): Promise<void> }>;
