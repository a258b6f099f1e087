import type { Parked, Position } from '@latchkey/consumer';
import type { SequenceStore } from './sequence-store.ts';

/**
 * Keeps positions in the memory of this process. They are lost when it ends: the next run may handle again an event
 * that was handled shortly before, and does not know which accounts were parked. Suitable for a service with one
 * member in which handling an event twice does no harm; otherwise use a durable store.
 */
export function memoryStore(): SequenceStore {
  const positions = new Map<string, Position>();

  return {
    forgetful: true,
    async load(accounts) {
      return new Map(
        accounts.flatMap((account) => {
          const position = positions.get(account);
          return position === undefined ? [] : [[account, position] as const];
        }),
      );
    },
    async save(given) {
      for (const position of given) {
        if (replaces(position, positions.get(position.account))) positions.set(position.account, position);
      }
    },
    async replaceMark(current, next) {
      const { account } = current;
      const { parked, ...unmarked } = positions.get(account) ?? { account, sequence: 0 };
      if (parked === undefined || !isSameRecord(parked, current)) return;
      positions.set(account, { ...unmarked, ...(next && { parked: next }) });
    },
    async listParked() {
      return [...positions.values()]
        .flatMap(({ parked }) => (parked === undefined ? [] : [parked]))
        .toSorted((a, b) => (a.account < b.account ? -1 : 1));
    },
  };
}

function replaces(given: Position, stored: Position | undefined): boolean {
  return (
    stored === undefined ||
    given.sequence > stored.sequence ||
    (given.sequence === stored.sequence && stored.parked === undefined)
  );
}

function isSameRecord(a: Parked, b: Parked): boolean {
  return a.topic === b.topic && a.partition === b.partition && a.offset === b.offset;
}
