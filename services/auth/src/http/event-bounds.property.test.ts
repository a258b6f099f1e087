/**
 * Tests that the API and the events have the same limits: whatever the API accepts fits into an event, and
 * events accept nothing more, except names with invisible characters, which accounts of earlier releases
 * may have.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { catalogue, personName as nameInEvent, username as usernameInEvent } from '@latchkey/events';
import { chooseRunCount } from '@latchkey/process/testing/test-cases';
import fc from 'fast-check';
import type { z } from 'zod';
import { emailAddressSchema } from '../addresses/email.ts';
import { mailingBodySchema } from './routes/mailings.ts';
import { personNameSchema, usernameSchema } from './schemas.ts';

const emailInEvent = catalogue.EmailChangeRequested.schema.shape.person.unwrap().shape.email;
const recipientsInEvent = catalogue.MailRequested.schema.shape.person.unwrap().shape.recipients;

const letters = fc.string({
  unit: fc.constantFrom('a', 'Z', '7', '_', '-', ' ', '.', '@', '\u202e', '\n', 'é', '🦊'),
});
/**
 * Generates the parts of email addresses: local parts and domain labels. Some are longer than the API allows.
 * Apart from their length, all are valid.
 */
const part = fc.string({ unit: fc.constantFrom('a', 'Z', '7'), minLength: 1, maxLength: 70 });
const address = fc
  .tuple(part, fc.array(part, { minLength: 1, maxLength: 5 }))
  .map(([local, labels]) => `${local}@${labels.join('.')}.com`);

/** Returns whether a schema accepts a value. */
function accepts(schema: z.ZodType, value: unknown): boolean {
  return schema.safeParse(value).success;
}

function holdsFor<T>(arbitrary: fc.Arbitrary<T>, inEvent: z.ZodType, inRequest: z.ZodType): void {
  fc.assert(
    fc.property(arbitrary, (value) => {
      if (accepts(inEvent, value)) assert.ok(accepts(inRequest, value), JSON.stringify(value));
    }),
    { numRuns: chooseRunCount({ some: 500, all: 2000 }) },
  );
}

describe('an event accepts only what a request may contain', () => {
  test('as a username', () => {
    holdsFor(letters, usernameInEvent, usernameSchema);
    for (const length of [2, 3, 32, 33])
      assert.equal(
        accepts(usernameInEvent, 'a'.repeat(length)),
        accepts(usernameSchema, 'a'.repeat(length)),
        `${length}`,
      );
  });

  test('as a name', () => {
    const spaces = fc.string({ unit: fc.constantFrom(' ', '\u00a0', '\u3000', 'a') });
    holdsFor(fc.oneof(letters, spaces), nameInEvent, personNameSchema);
    for (const length of [0, 1, 64, 65])
      for (const one of ['a', '🦊'])
        assert.equal(
          accepts(nameInEvent, one.repeat(length)),
          accepts(personNameSchema, one.repeat(length)),
          `${length}`,
        );
  });

  test('as a name, except for invisible characters, which accounts of earlier releases may have', () => {
    for (const name of ['\u200b', 'Ada\u2060', 'A\ufeffda', 'A\u{e0041}']) {
      assert.ok(accepts(nameInEvent, name));
      assert.ok(!accepts(personNameSchema, name));
    }
  });

  test('as an address, by the length of its local part and of the whole', () => {
    const labels = Array(4).fill('b'.repeat(45)).join('.');
    for (const [local, domain] of [
      [64, 'example.com'],
      [65, 'example.com'],
      [64, `${labels}.co`],
      [64, `${labels}.info`],
    ] as const) {
      const text = `${'a'.repeat(local)}@${domain}`;
      assert.equal(accepts(emailInEvent, text), accepts(emailAddressSchema, text), `${text.length}`);
    }
  });

  test('as the recipients of a mailing', () => {
    for (const count of [0, 1, 100, 101]) {
      const recipients = Array.from({ length: count }, (_, index) => `person${index}@example.com`);
      assert.equal(
        accepts(recipientsInEvent, recipients),
        accepts(mailingBodySchema.shape.addresses, recipients),
        `${count}`,
      );
    }
  });
});

describe('an event accepts what a request contains, as it is stored', () => {
  test('each address and each name', () => {
    fc.assert(
      fc.property(address, letters, (text, name) => {
        const parsed = emailAddressSchema.safeParse(text);
        if (parsed.success) assert.ok(accepts(emailInEvent, parsed.data.stored), parsed.data.stored);
        const named = personNameSchema.safeParse(name);
        if (named.success) assert.ok(accepts(nameInEvent, named.data), named.data);
      }),
      { numRuns: chooseRunCount({ some: 500, all: 2000 }) },
    );
  });
});
