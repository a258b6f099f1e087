import { isSameParkMark, type Position, type PositionStore, withParkMark } from './position-store.ts';

export interface MemoryPositionStore<P extends Position> extends PositionStore<P> {
  all(): Iterable<P>;
}

/** Stores positions in the memory of this process. */
export function createMemoryPositionStore<P extends Position>(): MemoryPositionStore<P> {
  const positions = new Map<string, P>();

  return {
    all: () => positions.values(),
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
      const position = positions.get(current.account);
      if (position?.parked === undefined || !isSameParkMark(position.parked, current)) return;
      positions.set(current.account, withParkMark(position, next));
    },
  };
}

function replaces(given: Position, stored: Position | undefined): boolean {
  return (
    stored === undefined ||
    given.sequence > stored.sequence ||
    (given.sequence === stored.sequence && given.parked !== undefined && stored.parked === undefined)
  );
}
