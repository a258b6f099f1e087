import { createMemoryPositions } from './memory-positions.ts';
import { positionStoreContract } from './position-store.contract.ts';

positionStoreContract(
  'memory',
  async () => createMemoryPositions(),
  (position) => position,
);
