import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type Anchor,
  assembleAnchors,
  compareWithAnchors,
  createAnchor,
  selectGenuineAnchors,
  splitAnchorIntoParts,
} from './anchor.ts';
import { createAccountStream } from './testing/streams.ts';
import type { JournaledStream } from './views.ts';

function journalOf(streams: readonly JournaledStream[]) {
  return {
    async *streams() {
      yield streams;
    },
  };
}

function anchorOf(streams: readonly JournaledStream[], at = '2026-03-01T12:00:00.000Z'): Promise<Anchor> {
  return createAnchor(journalOf(streams), { at: new Date(at), sign: (text) => `key.${text}` });
}

describe('anchors on a topic', () => {
  test('are read from their records, in any order and repeated, if they are complete', async () => {
    const one = await anchorOf(Array.from({ length: 5 }, () => createAccountStream(1)));
    const many = await anchorOf([]);
    const heads = Array.from({ length: 4100 }, (_, index) => ({ id: `${index}`, sequence: 1, hash: 'h' }));
    const large = { ...many, root: 'another', heads };
    const records = [...splitAnchorIntoParts(large), ...splitAnchorIntoParts(one)];
    assert.equal(records.length, 4);
    const read = assembleAnchors([...records.toReversed(), ...records, 'no JSON', '{}', '[]']);
    assert.deepEqual(new Set(read.complete), new Set([large, one]));
    assert.deepEqual(assembleAnchors(records.slice(1)), { complete: [one], incomplete: [large.at] });
    assert.deepEqual(assembleAnchors(splitAnchorIntoParts(many)), { complete: [many], incomplete: [] });
  });

  test('are not replaced by records that are appended later', async () => {
    const genuine = await anchorOf([createAccountStream(2)]);
    const [record = ''] = splitAnchorIntoParts(genuine);
    const changed = JSON.parse(record);
    changed.heads[0].hash = 'another';
    const empty = JSON.stringify({ ...changed, heads: [] });
    const beyond = JSON.stringify({ ...changed, from: 1, at: '2026-03-03T12:00:00.000Z', count: 2 });
    const read = assembleAnchors([record, JSON.stringify(changed), empty, beyond]);
    assert.deepEqual(read, { complete: [genuine], incomplete: [] });
  });

  test('are findings if they are incomplete or not genuine', async () => {
    const [genuine, forged] = [
      await anchorOf([createAccountStream(2)]),
      await anchorOf([createAccountStream(3)]),
    ];
    const flawOf = (anchor: Anchor) => (anchor === forged ? 'its signature is not valid' : undefined);
    const anchors = { complete: [genuine, forged], incomplete: ['2026-03-04T12:00:00.000Z'] };
    const selected = selectGenuineAnchors(anchors, flawOf);
    assert.deepEqual(selected.genuine, [genuine]);
    assert.deepEqual(
      selected.findings.map(({ kind, message }) => `${kind} ${message}`),
      [
        `anchor-unusable the anchor of ${forged.at} is not genuine: its signature is not valid`,
        'anchor-unusable the anchor of 2026-03-04T12:00:00.000Z lacks records',
      ],
    );
  });

  test('are all compared with the journal: a later one hides no change', async () => {
    const [stays, grows] = [createAccountStream(2), createAccountStream(3)];
    const young = { ...grows, events: grows.events.slice(0, 2) };
    const before = await anchorOf([stays, young]);
    assert.deepEqual(await compareWithAnchors(journalOf([stays, grows]), [before]), []);
    const forged = createAccountStream(3, grows.id);
    const after = await anchorOf([forged], '2026-03-02T12:00:00.000Z');
    const found = await compareWithAnchors(journalOf([forged]), [after, before]);
    assert.deepEqual(
      found.map(({ subject, message }) => `${subject} ${message}`),
      [
        `${grows.id} event 2 differs from the event in the anchor of ${before.at}`,
        `${stays.id} all events that the anchor of ${before.at} contains are missing`,
      ],
    );
  });
});
