import type { Parked, Position, SequenceStore } from './sequence-store.ts';

/**
 * Positions in the memory of this process. They are gone when it ends: an event that was handled shortly before
 * may be handled again by the next run, and parked accounts are not remembered. Enough where handling an event
 * twice does no harm, and a service with one member; else give a store that lasts.
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
    async unpark(parked) {
      const { parked: mark, ...free } = positions.get(parked.account) ?? { account: '', sequence: 0 };
      if (mark !== undefined && isSameRecord(mark, parked)) positions.set(parked.account, free);
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
