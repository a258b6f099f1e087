import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { anAccount, recordsOf } from '../testing/streams.ts';
import { passesOver } from './passes.ts';
import { createTopicBook } from './topic-book.ts';

describe('the book of the topics', () => {
  test('holds what concerns it, and passes over the rest without reading it', () => {
    const [ours, others] = [anAccount(2), anAccount(2)];
    const book = createTopicBook((subject) => subject === ours.id);
    book.take([...recordsOf(ours), ...recordsOf(others)]);
    assert.equal(book.of(ours.id).prints.length, 2);
    assert.equal(book.of(others.id).prints.length, 0);
    assert.deepEqual([...book.unknown()], [ours.id]);
  });

  test('knows whom the journal knows, also those of whom the topic has nothing', () => {
    const [one, another, silent] = [anAccount(1), anAccount(1), anAccount(1)];
    const book = createTopicBook(() => true);
    book.take([...recordsOf(one), ...recordsOf(another)]);
    book.markKnown(one.id);
    book.markKnown(silent.id);
    assert.deepEqual([...book.unknown()], [another.id]);
    assert.ok(book.of(silent.id).known);
  });

  test('counts records that tell no account, once over all passes', () => {
    const [record] = recordsOf(anAccount(1));
    assert.ok(record);
    const keys = [null, Buffer.from(''), Buffer.from('nobody'), Buffer.from([0xff, 0xfe])];
    const records = keys.map((key) => ({ ...record, key }));
    const counted = passesOver(100, 30).map((concerns) => {
      const book = createTopicBook(concerns);
      book.take(records);
      return book.withoutKey();
    });
    assert.deepEqual(
      counted.reduce((sum, each) => sum + each, 0),
      keys.length,
    );
  });
});

describe('passes', () => {
  test('take every account in exactly one of them, in parts of about the same size', () => {
    const passes = passesOver(1000, 250);
    assert.equal(passes.length, 4);
    const sizes = passes.map(() => 0);
    for (const { id } of Array.from({ length: 1000 }, () => anAccount(1))) {
      const takers = passes.flatMap((concerns, index) => (concerns(id) ? [index] : []));
      assert.equal(takers.length, 1);
      sizes[takers[0] ?? 0] = (sizes[takers[0] ?? 0] ?? 0) + 1;
    }
    for (const size of sizes) assert.ok(size > 150 && size < 350, String(sizes));
  });

  test('are one where there is little, or nothing', () => {
    assert.deepEqual(
      [passesOver(0, 10).length, passesOver(10, 10).length, passesOver(11, 10).length],
      [1, 1, 2],
    );
  });
});
