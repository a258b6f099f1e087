import { memoryStore } from './memory-store.ts';
import { sequenceStoreContract } from './sequence-store.contract.ts';

sequenceStoreContract('memory', async () => ({ store: memoryStore(), close: async () => undefined }));
