import { createMemoryPositions } from '@latchkey/consumer';
import type { SequenceStore } from './sequence-store.ts';

/**
 * Keeps positions in the memory of this process. They are lost when it ends: the next run may handle again an event
 * that was handled shortly before, and does not know which accounts were parked. Suitable for a service with one
 * member in which handling an event twice does no harm; otherwise use a durable store.
 */
export function memoryStore(): SequenceStore {
  const { all, ...positions } = createMemoryPositions();
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
