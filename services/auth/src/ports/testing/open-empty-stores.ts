import type { Stores } from '../stores.ts';

/** Opens empty stores for a test. */
export type OpenEmptyStores = () => Promise<{ readonly stores: Stores; close(): Promise<void> }>;
