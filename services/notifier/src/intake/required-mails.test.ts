/**
 * Tests that, after each event, the notifier sends exactly the mails that the checker of the fault tests
 * expects. The checker uses no code of the notifier.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogue, eventTypes, type LatchkeyEvent } from '@latchkey/events';
import { createJournal } from '../../../../test/faults/checker/journal.ts';
import {
  computeRequiredMails,
  listMailsSupersededBy,
} from '../../../../test/faults/checker/required-mails.ts';
import type { EventData } from '../../../../test/faults/checker/stored.ts';
import {
  createCommit,
  createEvent,
  formatMinuteOfRun,
} from '../../../../test/faults/checker/testing/good-run.ts';
import { allMailDefinitions } from '../../mails/index.ts';
import { createTestEvent } from '../testing/events.ts';
import { decideMailReaction } from './reactions.ts';

/**
 * Returns the mails that the checker of the fault tests expects after an event, and the earlier mails that it
 * considers superseded.
 */
function expectedOf(type: string, data: EventData) {
  const commit = createCommit('a stream', [1, 1], 'c', [createEvent(type, formatMinuteOfRun(0), data)]);
  const journal = createJournal([commit]);
  const events = [...journal.events.values()].flat();
  return {
    mails: computeRequiredMails(journal).map(({ mail, to }) => `${mail} ${to}`),
    supersedes: events.flatMap(listMailsSupersededBy).toSorted(),
  };
}

const caused = new Set<string>();

for (const type of eventTypes)
  for (const [name, data] of Object.entries(catalogue[type].samples))
    test(`the notifier and the checker agree on the mails of ${type} ${name}`, () => {
      const reaction = decideMailReaction(createTestEvent(type, data as never) as LatchkeyEvent);
      for (const { mail } of reaction.mails) caused.add(mail);
      assert.deepEqual(expectedOf(type, data as EventData), {
        mails: reaction.mails.flatMap(({ mail, content }) =>
          content === null ? [] : `${mail} ${content.to}`,
        ),
        supersedes: reaction.supersedes.toSorted(),
      });
    });

test('every mail is caused by a sample of an event', () => {
  assert.deepEqual([...caused].toSorted(), allMailDefinitions.map(({ name }) => name).toSorted());
});
