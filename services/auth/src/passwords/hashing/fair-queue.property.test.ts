import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createFairQueue } from './fair-queue.ts';

interface Item {
  readonly n: number;
  readonly network: string;
  readonly address: string;
}

const CAPACITY = 16;

const arrival = fc.record({
  network: fc.constantFrom('attacker', 'attacker', 'attacker', 'home', 'office', 'phone'),
  address: fc.constantFrom('ada', 'bob', 'eve', 'mallory', 'trent', 'victor'),
});
const steps = fc.array(
  fc.oneof({ weight: 3, arbitrary: arrival }, { weight: 1, arbitrary: fc.constant('take') }),
  {
    maxLength: 200,
  },
);
type Step = { readonly network: string; readonly address: string } | 'take' | string;

/**
 * Performs the steps on a queue and on a plain list of the waiting items. Calls `on` for each item that
 * leaves the queue, with the list, so that a test can compare the two.
 */
function play(
  played: readonly Step[],
  on: {
    taken?(item: Item, before: readonly Item[]): void;
    dropped?(item: Item, waiting: readonly Item[]): void;
  },
): void {
  const queue = createFairQueue<Item>(CAPACITY);
  let waiting: Item[] = [];
  for (const [n, step] of played.entries()) {
    if (typeof step === 'string') {
      const item = queue.take();
      if (item === undefined) assert.equal(waiting.length, 0);
      else on.taken?.(item, waiting);
      waiting = waiting.filter((other) => other !== item);
    } else {
      const item = { n, ...step };
      const dropped = queue.add(item);
      const all = [...waiting, item];
      if (dropped !== undefined) on.dropped?.(dropped, all);
      waiting = all.filter((other) => other !== dropped);
    }
    assert.equal(queue.size(), waiting.length);
    assert.ok(queue.size() <= CAPACITY);
  }
}

function of(items: readonly Item[], network: string): readonly Item[] {
  return items.filter((item) => item.network === network);
}

describe('a fair queue', () => {
  test('lets no network have two turns while another one waits', () => {
    fc.assert(
      fc.property(steps, (played) => {
        /**
         * For each waiting network, the other networks that have had a turn since the last turn of this
         * network.
         */
        const overtaken = new Map<string, Set<string>>();
        play(played, {
          taken({ network }, before) {
            assert.deepEqual([...(overtaken.get(network) ?? [])], []);
            for (const others of overtaken.values()) others.delete(network);
            overtaken.set(
              network,
              new Set(before.map((item) => item.network).filter((name) => name !== network)),
            );
          },
          dropped({ network }, waiting) {
            if (of(waiting, network).length > 1) return;
            for (const others of overtaken.values()) others.delete(network);
          },
        });
      }),
    );
  });

  test('takes the items of one address in the order in which they came', () => {
    fc.assert(
      fc.property(steps, (played) => {
        play(played, {
          taken(item, before) {
            const older = before.filter(
              ({ n, network, address }) => n < item.n && network === item.network && address === item.address,
            );
            assert.deepEqual(older, []);
          },
        });
      }),
    );
  });

  test('drops only from the network that has most, or what exceeds the share of its address', () => {
    fc.assert(
      fc.property(steps, (played) => {
        play(played, {
          dropped(item, waiting) {
            const share = waiting.filter(({ address }) => address === item.address).length;
            assert.ok(share > CAPACITY / 8 || waiting.length > CAPACITY);
            const rivals =
              share > CAPACITY / 8 ? waiting.filter(({ address }) => address === item.address) : waiting;
            const counts = rivals.map(({ network }) => of(rivals, network).length);
            assert.equal(of(rivals, item.network).length, Math.max(...counts));
          },
        });
      }),
    );
  });

  test('has room for another client, however many items one client sends, and takes its item within one turn', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 1, max: 300 }), (many, addresses) => {
        const queue = createFairQueue<Item>(CAPACITY);
        for (let n = 0; n < many; n += 1) queue.add({ n, network: 'attacker', address: `a${n % addresses}` });
        const honest = { n: -1, network: 'home', address: 'ada' };
        assert.notEqual(queue.add(honest), honest);
        assert.ok([queue.take(), queue.take()].includes(honest));
      }),
    );
  });

  test('lets 8 people in within 16 turns, whatever 140 connections of one client ask for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 140 }),
        fc.array(fc.nat(7), { maxLength: 8 }),
        (addresses, early) => {
          const queue = createFairQueue<Item>(64);
          function flood(): void {
            while (queue.size() < 64) {
              const n = queue.size();
              if (queue.add({ n, network: 'attacker', address: `a${n % addresses}` }) !== undefined) break;
            }
          }
          flood();
          // Take some turns before all eight people have entered the queue, because the queue must also be
          // fair while it grows.
          const people = Array.from({ length: 8 }, (_, n) => ({ n, network: `home ${n}`, address: `p${n}` }));
          const waited = new Map<Item, number>();
          function takeTurn(): void {
            const taken = queue.take();
            for (const [item, turns] of waited) if (item !== taken) waited.set(item, turns + 1);
            if (taken !== undefined && waited.has(taken)) {
              assert.ok((waited.get(taken) ?? 0) < 16);
              waited.delete(taken);
            }
            flood();
          }
          for (const person of people) {
            assert.notEqual(queue.add(person), person);
            waited.set(person, 0);
            if (early.includes(person.n)) takeTurn();
          }
          for (let turn = 0; turn < 16; turn += 1) takeTurn();
          assert.equal(waited.size, 0);
        },
      ),
    );
  });

  test('alternates between the addresses of one network, because colleagues share an office', () => {
    const queue = createFairQueue<Item>(CAPACITY);
    for (const [n, address] of ['bob', 'bob', 'ada'].entries()) queue.add({ n, network: 'office', address });
    assert.deepEqual(
      [queue.take(), queue.take(), queue.take()].map((item) => item?.address),
      ['bob', 'ada', 'bob'],
    );
  });

  test('gives one address its share only, from however many networks it is asked for', () => {
    const queue = createFairQueue<Item>(CAPACITY);
    const dropped = Array.from({ length: 40 }, (_, n) =>
      queue.add({ n, network: `bot${n}`, address: 'ada' }),
    );
    assert.equal(dropped.filter((item) => item === undefined).length, CAPACITY / 8);
    assert.equal(queue.add({ n: 41, network: 'home', address: 'bob' }), undefined);
  });

  test('has room for the owner of an address, however often one client tries that address', () => {
    const queue = createFairQueue<Item>(CAPACITY);
    for (const n of Array(40).keys()) queue.add({ n, network: 'attacker', address: 'ada' });
    const owner = { n: -1, network: 'home', address: 'ada' };
    assert.notEqual(queue.add(owner), owner);
  });

  test('removes items that are no longer needed, and keeps the order of the others', () => {
    const queue = createFairQueue<Item>(CAPACITY);
    for (const [n, network] of ['home', 'office', 'phone'].entries())
      queue.add({ n, network, address: 'ada' });
    assert.deepEqual(
      queue.removeWhere(({ n }) => n === 1).map(({ n }) => n),
      [1],
    );
    assert.equal(queue.take()?.network, 'home');
  });
});
