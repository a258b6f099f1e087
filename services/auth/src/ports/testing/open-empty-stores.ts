import type { Stores } from '../stores.ts';

/** Opens stores that are empty. */
export type OpenEmptyStores = () => Promise<{ readonly stores: Stores; close(): Promise<void> }>;
