/**
 * A bounded queue that is shared fairly: networks take turns, and so do the addresses within each network.
 */

/** An item of the queue, with the client network and the email address for which it waits. */
export interface FairQueueItem {
  readonly network: string;
  readonly address: string;
}

export interface FairQueue<T> {
  /**
   * Adds an item to the queue. If this exceeds a limit, drops one item, which may be the new one:
   * - If the address of the new item now has more items than its share of the queue, drops the newest item of
   *   this address, from the network in which the address has the most items.
   * - Otherwise, if the queue exceeds its capacity, drops an item of the network with the most items: the
   *   newest item of the address that has the most items there.
   * @returns the dropped item; undefined if none was dropped
   */
  add(item: T): T | undefined;
  /**
   * Removes and returns the oldest item of the address whose turn it is, within the network whose turn it is.
   */
  take(): T | undefined;
  removeWhere(matches: (item: T) => boolean): readonly T[];
  size(): number;
}

/** Each address may use at most one eighth of the queue, summed over all networks. */
const SHARE_OF_ADDRESS = 8;

/**
 * The queued items of each address. The insertion order of the Map is the order of turns: after its turn, an
 * address is inserted again at the end.
 */
type Addresses<T> = Map<string, T[]>;

/** Creates a queue. @param capacity the maximum number of items in the queue */
export function createFairQueue<T extends FairQueueItem>(capacity: number): FairQueue<T> {
  const networks = new Map<string, Addresses<T>>();
  const perAddress = Math.max(1, Math.floor(capacity / SHARE_OF_ADDRESS));
  let size = 0;

  function waitingFor(address: string): number {
    let count = 0;
    for (const addresses of networks.values()) count += addresses.get(address)?.length ?? 0;
    return count;
  }

  function insert(item: T): void {
    const addresses = networks.get(item.network) ?? new Map<string, T[]>();
    const items = addresses.get(item.address) ?? [];
    items.push(item);
    addresses.set(item.address, items);
    networks.set(item.network, addresses);
    size += 1;
  }

  function remove(item: T): void {
    const addresses = networks.get(item.network);
    const items = addresses?.get(item.address);
    const at = items?.indexOf(item) ?? -1;
    if (addresses === undefined || items === undefined || at < 0) return;
    items.splice(at, 1);
    if (items.length === 0) addresses.delete(item.address);
    if (addresses.size === 0) networks.delete(item.network);
    size -= 1;
  }

  /** Finds the network with most items, and returns the newest item of its address with most items. */
  function newestOfLargest(): T | undefined {
    const addresses = largest([...networks.values()], countOf);
    return largest([...(addresses?.values() ?? [])], lengthOf)?.at(-1);
  }

  /** Finds the network with most queued items of an address, and returns the newest of these items. */
  function newestFor(address: string): T | undefined {
    return largest(
      [...networks.values()].map((addresses) => addresses.get(address) ?? []),
      lengthOf,
    )?.at(-1);
  }

  function toDrop(address: string): T | undefined {
    if (waitingFor(address) > perAddress) return newestFor(address);
    return size > capacity ? newestOfLargest() : undefined;
  }

  return {
    size: () => size,

    add(item) {
      insert(item);
      const dropped = toDrop(item.address);
      if (dropped !== undefined) remove(dropped);
      return dropped;
    },

    take() {
      for (const [network, addresses] of networks) {
        for (const [address, items] of addresses) {
          const [item] = items;
          if (item === undefined) continue;
          networks.delete(network);
          networks.set(network, addresses);
          addresses.delete(address);
          addresses.set(address, items);
          remove(item);
          return item;
        }
      }
      return undefined;
    },

    removeWhere(matches) {
      const removed = [...networks.values()]
        .flatMap((addresses) => [...addresses.values()].flat())
        .filter(matches);
      for (const item of removed) remove(item);
      return removed;
    },
  };
}

function countOf(addresses: Addresses<unknown>): number {
  let count = 0;
  for (const items of addresses.values()) count += items.length;
  return count;
}

function lengthOf({ length }: readonly unknown[]): number {
  return length;
}

/**
 * Returns the value for which `measure` returns the greatest number. If several values have the same measure,
 * returns the last of them.
 */
function largest<V>(values: readonly V[], measure: (value: V) => number): V | undefined {
  let found: V | undefined;
  let most = 0;
  for (const value of values) {
    const measured = measure(value);
    if (measured < most) continue;
    most = measured;
    found = value;
  }
  return found;
}
