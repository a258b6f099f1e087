import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FeedCursor } from './cursor.ts';
import type { FeedPage, FeedQuery } from './feed-page.ts';
import { createPageReadAhead } from './read-ahead.ts';

const everything = { person: true, placeholders: false };

function cursorAt(offset: number): FeedCursor {
  return { log: 1, next: 0, places: new Map([[0, { offset, anchor: 7 }]]) };
}

/**
 * Creates a log, and records the offset of each read. If `failsAt` is set, the first read at this offset
 * fails, and later reads at this offset succeed.
 */
function openLog({ last = 10, failsAt = -1 } = {}) {
  const reads: number[] = [];
  async function read({ after, limit }: FeedQuery): Promise<FeedPage> {
    const from = after?.places.get(0)?.offset ?? 0;
    reads.push(from);
    if (from === failsAt && reads.filter((each) => each === from).length === 1)
      throw new Error('the log is away');
    const to = Math.min(last, from + limit);
    const events = Array.from({ length: to - from }, (_, index) => String(from + index));
    return { events, cursor: cursorAt(to), behind: last - to };
  }
  return { ahead: createPageReadAhead(read), reads };
}

describe('reading ahead', () => {
  test('gives every page once, in order, and reads each once', async () => {
    const { ahead, reads } = openLog();
    const events: string[] = [];
    let after: FeedCursor | undefined;
    for (;;) {
      const page = await ahead({ after, view: everything, limit: 4 });
      await nextTurn();
      events.push(...page.events);
      after = page.cursor;
      if (page.behind === 0) break;
    }
    assert.deepEqual(events, ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    assert.deepEqual(reads, [0, 4, 8]);
  });

  test('reads the next page before it is requested, but none after the last one or a page that is not full', async () => {
    const { ahead, reads } = openLog();
    await ahead({ view: everything, limit: 4 });
    assert.deepEqual(reads, [0, 4]);
    await ahead({ after: cursorAt(8), view: everything, limit: 4 });
    assert.deepEqual(reads, [0, 4, 8]);
  });

  test('gives a page to nobody who may see something else, and to one reader only', async () => {
    const { ahead, reads } = openLog();
    const after = cursorAt(4);
    const others: readonly FeedQuery[] = [
      { after, view: { ...everything, person: false }, limit: 4 },
      { after, view: { ...everything, placeholders: true }, limit: 4 },
      { after, view: { ...everything, types: new Set(['UserRegistered']) }, limit: 4 },
      { after, view: everything, account: 'ada', limit: 4 },
      { after, view: everything, limit: 3 },
      { after: { ...after, log: 2 }, view: everything, limit: 4 },
      { after: { ...after, next: 1 }, view: everything, limit: 4 },
    ];
    for (const other of others) {
      await ahead({ view: everything, limit: 4 });
      reads.length = 0;
      await ahead(other);
      assert.ok(reads.includes(4), JSON.stringify(other.view));
    }
    await ahead({ view: everything, limit: 4 });
    reads.length = 0;
    for (const _ of Array(2).keys()) await ahead({ after, view: everything, limit: 4 });
    assert.deepEqual(
      reads.filter((from) => from === 4),
      [4],
    );
  });

  test('reads a page again if it could not be read ahead', async () => {
    const { ahead, reads } = openLog({ failsAt: 4 });
    const { cursor } = await ahead({ view: everything, limit: 4 });
    await nextTurn();
    const { events } = await ahead({ after: cursor, view: everything, limit: 4 });
    assert.deepEqual(events, ['4', '5', '6', '7']);
    assert.deepEqual(reads, [0, 4, 4, 8]);
  });

  test('forgets a page that nobody requests', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const { ahead, reads } = openLog();
    const { cursor } = await ahead({ view: everything, limit: 4 });
    context.mock.timers.tick(2000);
    await ahead({ after: cursor, view: everything, limit: 4 });
    assert.deepEqual(
      reads.filter((from) => from === 4),
      [4, 4],
    );
  });

  test('keeps a limited number of pages, the most recent ones', async () => {
    const { ahead, reads } = openLog({ last: 8 });
    for (let reader = 0; reader < 20; reader += 1)
      await ahead({ view: everything, account: `account-${reader}`, limit: 4 });
    reads.length = 0;
    for (let reader = 0; reader < 20; reader += 1)
      await ahead({ after: cursorAt(4), view: everything, account: `account-${reader}`, limit: 4 });
    assert.equal(reads.filter((from) => from === 4).length, 4);
  });
});
