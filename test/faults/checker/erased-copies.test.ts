import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FaultLine } from '../run-folder.ts';
import { checkErasedCopies } from './erased-copies.ts';
import { restoreErasedCommits } from './erasure-rules.ts';
import { createJournal } from './journal.ts';
import type { TopicRecord } from './stored.ts';
import { DAN_ID, FIRST_COPY_OFFSET, formatMinuteOfRun, goodStores } from './testing/good-run.ts';

const journal = createJournal(restoreErasedCommits(goodStores.commits, goodStores.records));
const [original] = goodStores.records.filter(({ headers }) => headers['ce_subject'] === DAN_ID);
const uncopied = goodStores.records.filter(({ offset }) => offset < FIRST_COPY_OFFSET);

function fault(name: string, target: string, minute: number): FaultLine {
  return { at: formatMinuteOfRun(minute), fault: name, target, until: formatMinuteOfRun(minute, 5) };
}

describe('the events of an erased account', () => {
  /**
   * Returns whether the rule allows that an original record comes after its copy, if the given fault has
   * happened.
   */
  function mayComeLate(line: FaultLine): boolean {
    assert.ok(original);
    const records = [...goodStores.records, { ...original, offset: 990 }];
    return checkErasedCopies({ ...goodStores, journal, records, faults: [line] }).length === 0;
  }

  test('may come after their copies if a send was delayed, or an operator has published them', () => {
    assert.equal(mayComeLate(fault('kill-broker', 'broker-2', 13)), true);
    assert.equal(mayComeLate(fault('pause-auth', 'auth-1', 12)), true);
    assert.equal(mayComeLate(fault('ops-republish', 'ops-republish', 14)), true);
    assert.equal(mayComeLate(fault('kill-user', 'user-1', 13)), false);
    assert.equal(mayComeLate(fault('kill-broker', 'broker-2', 40)), false);
  });

  /**
   * Returns whether the rule allows that an erased account's events have no copies, if the given fault has
   * happened.
   */
  function mayLackCopies(
    line: FaultLine,
    noted = false,
    records: readonly TopicRecord[] = uncopied,
  ): boolean {
    const erasures = goodStores.erasures.map(({ copies, ...each }) => ({
      ...each,
      ...(noted && { copies }),
    }));
    return checkErasedCopies({ journal, records, erasures, faults: [line] }).length === 0;
  }

  test('may lack copies only if the topic seemed not to be compacted', () => {
    const cut = fault('cut-off-topic', 'topic partition-1', 13);
    assert.deepEqual(
      [mayLackCopies(cut), mayLackCopies(cut, true), mayLackCopies(fault('kill-broker', 'broker-1', 13))],
      [true, false, false],
    );
  });

  test('need no copies once the original records are removed', () => {
    const removed = uncopied.filter(({ headers }) => headers['ce_subject'] !== DAN_ID);
    assert.equal(mayLackCopies(fault('kill-user', 'user-1', 13), true, removed), true);
  });
});
