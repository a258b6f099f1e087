import { createMemoryPositionStore } from '@latchkey/consumer';
import type { SequenceStore } from './sequence-store.ts';

/**
 * Keeps positions in memory, so that they are lost when the process ends. The next run may handle recent
 * events again, and does not know which accounts were parked. Use this store only if the group has one member
 * and handling an event twice does no harm; otherwise use a durable store.
 */
export function memoryStore(): SequenceStore {
  const { all, ...positions } = createMemoryPositionStore();
  return {
    ...positions,
    forgetful: true,
    async listParked() {
      return [...all()]
        .flatMap(({ parked }) => (parked === undefined ? [] : [parked]))
        .toSorted((a, b) => (a.account < b.account ? -1 : 1));
    },
  };
}
