/** A bounded queue whose users take turns: first the networks, then the addresses within each network. */

export interface QueuedItem {
  readonly network: string;
  readonly address: string;
}

export interface FairQueue<T> {
  /**
   * Adds an item.
   * @returns the item that is dropped, which may be the new one; undefined if none is dropped. If the share of the
   * address is full, the newest item of this address is dropped, in the network with most of its items. If only the
   * queue is full, the newest item of the address with most items is dropped, in the network with most items
   */
  add(item: T): T | undefined;
  /** Removes the oldest item of the address whose turn it is, in the network whose turn it is. */
  take(): T | undefined;
  removeWhere(matches: (item: T) => boolean): readonly T[];
  size(): number;
}

/** The share of the queue that one address may use, over all networks: 1/8. */
const SHARE_OF_ADDRESS = 8;

/** The insertion order of a Map is the order of turns: after its turn, an entry is inserted again at the end. */
type Addresses<T> = Map<string, T[]>;

/** Creates a queue. @param capacity the maximum number of items in the queue */
export function createFairQueue<T extends QueuedItem>(capacity: number): FairQueue<T> {
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

  /** Returns the newest item of the address with most items, in the network with most items. */
  function newestOfLargest(): T | undefined {
    const addresses = largest([...networks.values()], countOf);
    return largest([...(addresses?.values() ?? [])], lengthOf)?.at(-1);
  }

  /** Returns the newest item of an address, in the network with most of the address's items. */
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

/** Returns the value with the greatest measure; if several have it, the last of them. */
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
