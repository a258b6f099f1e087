import type { AuthStores } from '../stores.ts';

/** Opens empty stores for a test. */
export type OpenEmptyStores = () => Promise<{ readonly stores: AuthStores; close(): Promise<void> }>;
