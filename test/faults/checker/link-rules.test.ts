import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createJournal } from './journal.ts';
import { checkLinkExpiry } from './link-rules.ts';
import type { EventData } from './stored.ts';
import {
  createCommandTimes,
  createCommit,
  createEvent,
  createHistoryLine,
  FAY_ID,
  formatMinuteOfRun,
} from './testing/good-run.ts';

const link = { sealed: 'a sealed token', expiresAt: formatMinuteOfRun(10) };
/** For each operation that needs a link: the data of an event that contains such a link. */
const issued: Readonly<Record<string, EventData>> = {
  verify: { verification: link },
  reset: { reset: link },
  'confirm-email': { person: { confirmation: link } },
  'undo-email': { person: { previousEmail: 'fay@example.com', undo: link } },
  'keep-account': { eraseAt: formatMinuteOfRun(10), person: { undo: link } },
};

/** Returns whether the rule reports a command of kind `op` that was sent in the given minute of the run. */
function isFound(op: string, minute: number, more: readonly EventData[] = [], status = 200): boolean {
  const commits = [issued[op] ?? {}, ...more].map((data, index) =>
    createCommit(FAY_ID, [index + 1, index + 1], 'x', [createEvent('Linked', formatMinuteOfRun(1), data)]),
  );
  const command = createHistoryLine('x', op, {
    ...createCommandTimes(minute),
    status,
    request: { accountId: FAY_ID },
  });
  return checkLinkExpiry({ journal: createJournal(commits), history: [command], settings: {} }).length > 0;
}

describe('a link', () => {
  for (const op of Object.keys(issued))
    test(`does not work after it has expired: ${op}`, () => {
      assert.deepEqual([isFound(op, 9), isFound(op, 12), isFound(op, 13)], [false, false, true]);
      assert.equal(isFound(op, 13, [], 400), false);
    });

  test('works as long as the newest one of its kind', () => {
    const newer = { ...link, expiresAt: formatMinuteOfRun(20) };
    assert.equal(isFound('reset', 13, [{ reset: newer }]), false);
    assert.equal(isFound('reset', 13, [{ verification: newer }]), true);
    assert.equal(
      isFound('undo-email', 13, [{ eraseAt: formatMinuteOfRun(20), person: { undo: newer } }]),
      true,
    );
  });
});
