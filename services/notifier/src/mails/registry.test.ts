import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { catalogue, type EventType, type LatchkeyEvent } from '@latchkey/events';
import { allMailDefinitions, mailDefinitionsForMailings } from '../../mails/index.ts';
import { createTestEvent } from '../testing/events.ts';
import { defineMail, getExampleVariables, type MailDefinition } from './define-mail.ts';

const folder = join(import.meta.dirname, '..', '..', 'mails');

/** Returns one event for each sample that the catalogue contains for an event type. */
function samplesOf(type: EventType): readonly LatchkeyEvent[] {
  return Object.values(catalogue[type].samples).map((data) => createTestEvent(type, data) as LatchkeyEvent);
}

/** Returns examples of those variables that every mail, or every mail with a link, gets automatically. */
function givenTo({ name, link }: MailDefinition) {
  return getExampleVariables(
    defineMail({
      name,
      when: [],
      recipient: 'account',
      variables: {},
      ...(link && { link }),
      from: () => undefined,
    }),
  );
}

describe('the registry of mails', () => {
  it('lists each mail that has a module, by the name of its folder', async () => {
    const entries = await readdir(folder, { withFileTypes: true, recursive: true });
    const modules = entries.filter(({ name }) => name === 'mail.ts');
    const folders = modules.map(({ parentPath }) => parentPath.slice(folder.length + 1));
    assert.deepEqual(allMailDefinitions.map(({ name }) => name).toSorted(), folders.toSorted());
  });

  for (const mail of allMailDefinitions) {
    const letters = mail.when.flatMap(samplesOf).flatMap((event) => mail.requestedMailFor(event) ?? []);

    it(`${mail.name}: is caused by an event, or is a mailing`, () => {
      assert.ok(
        letters.some(({ content }) => content !== null) ||
          Object.values(mailDefinitionsForMailings).includes(mail),
      );
    });

    it(`${mail.name}: fills in its variables, and has a link if it says so`, () => {
      for (const { content, link } of letters) {
        if (content === null) continue;
        assert.equal(link !== undefined, mail.link !== undefined);
        for (const each of [content].flat()) {
          mail.variables.parse({ ...givenTo(mail), ...each });
        }
      }
    });
  }

  for (const mail of Object.values(mailDefinitionsForMailings)) {
    it(`${mail.name}: can be sent to an address alone`, () => {
      mail.variables.parse(givenTo(mail));
    });
  }
});
