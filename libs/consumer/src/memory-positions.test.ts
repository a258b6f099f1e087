import { createMemoryPositionStore } from './memory-positions.ts';
import { positionStoreContract } from './position-store.contract.ts';

positionStoreContract(
  'memory',
  async () => createMemoryPositionStore(),
  (position) => position,
);
