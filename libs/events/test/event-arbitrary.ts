/** Arbitrary valid events. */
import fc from 'fast-check';
import type { DataOf, EventType, LatchkeyEvent } from '../src/index.ts';

const instant = fc
  .date({ min: new Date('2000-01-01T00:00:00Z'), max: new Date('2100-01-01T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString());
/** Any text, lone surrogates and control characters among it. */
const anyText = fc.string({ unit: 'binary', maxLength: 40 });
const headerText = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter((text) => !/[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u.test(text));
const uuid = fc.uuid({ version: [1, 2, 3, 4, 5, 6, 7, 8] });
function hex(length: number) {
  return fc
    .array(fc.integer({ min: 0, max: 15 }), { minLength: length, maxLength: length })
    .map((digits) => digits.map((digit) => digit.toString(16)).join(''))
    .filter((text) => /[^0]/.test(text));
}
const traceparent = fc.tuple(hex(32), hex(16)).map(([trace, parent]) => `00-${trace}-${parent}-01`);

const role = fc.constantFrom('user' as const, 'admin' as const);
const locale = fc.constantFrom('en', 'de', 'pt-BR', 'zh-Hant-TW');
const sealed = fc.record({ sealed: fc.base64String({ minLength: 4 }), expiresAt: instant });
const recipient = fc.option(fc.record({ email: anyText, username: anyText }));
const reason = fc.option(fc.record({ reason: anyText }, { requiredKeys: [] }));

type Maker<T extends EventType> = (subject: string) => fc.Arbitrary<DataOf<T>>;

const makers: { readonly [T in EventType]: Maker<T> } = {
  UserRegistered: (userId) =>
    fc.record(
      {
        userId: fc.constant(userId),
        role,
        locale,
        person: fc.option(
          fc.record(
            { email: anyText, username: anyText, firstName: anyText, lastName: anyText },
            { requiredKeys: ['email', 'username'] },
          ),
        ),
        verification: sealed,
      },
      { requiredKeys: ['userId', 'role', 'locale', 'person'] },
    ),
  VerificationRequested: (userId) =>
    fc.record(
      { userId: fc.constant(userId), locale, person: recipient, verification: sealed },
      { requiredKeys: ['userId', 'locale', 'person'] },
    ),
  AccountVerified: (userId) => fc.record({ userId: fc.constant(userId), locale, person: recipient }),
  RegistrationEnded: (userId) =>
    fc.record({ userId: fc.constant(userId), reason: fc.constantFrom('expired', 'rejected', 'superseded') }),
  PasswordResetRequested: (userId) =>
    fc.record(
      { userId: fc.constant(userId), locale, person: recipient, reset: sealed, verifies: fc.boolean() },
      { requiredKeys: ['userId', 'locale', 'person', 'verifies'] },
    ),
  PasswordChanged: (userId) =>
    fc.record({
      userId: fc.constant(userId),
      how: fc.constantFrom('reset', 'change', 'first'),
      locale,
      person: recipient,
    }),
  ProfileChanged: (userId) =>
    fc.record(
      {
        userId: fc.constant(userId),
        locale,
        person: fc.option(
          fc.record({ username: anyText, firstName: anyText, lastName: anyText }, { requiredKeys: [] }),
        ),
      },
      { requiredKeys: ['userId', 'person'] },
    ),
  RoleChanged: (userId) =>
    fc.record({
      userId: fc.constant(userId),
      role,
      previousRole: role,
      changedBy: anyText,
      locale,
      person: recipient,
    }),
  AccountDisabled: (userId) => fc.record({ userId: fc.constant(userId), changedBy: anyText, person: reason }),
  AccountEnabled: (userId) => fc.record({ userId: fc.constant(userId), changedBy: anyText, person: reason }),
  SessionsRevoked: (userId) =>
    fc.record({
      userId: fc.constant(userId),
      reason: fc.constantFrom(
        'logout-all',
        'password-changed',
        'refresh-reuse',
        'role-changed',
        'disabled',
        'ended',
        'admin',
      ),
    }),
  MailRequested: (mailingId) =>
    fc.record({
      mailingId: fc.constant(mailingId),
      template: fc.constant('welcome'),
      requestedBy: uuid,
      person: fc.option(fc.record({ recipients: fc.array(anyText, { minLength: 1, maxLength: 100 }) })),
    }),
};

const envelope = fc.record(
  {
    id: uuid,
    subject: uuid,
    sequence: fc.integer({ min: 1, max: 9_999_999_999 }),
    time: instant,
    correlationId: headerText,
    causationId: headerText,
    traceparent,
  },
  { requiredKeys: ['id', 'subject', 'sequence', 'time', 'correlationId', 'causationId'] },
);

function eventOf(type: EventType): fc.Arbitrary<LatchkeyEvent> {
  return envelope.chain((facts) =>
    // Cloned, for fast-check makes some objects without a prototype, which JSON cannot give back.
    makers[type](facts.subject).map((data) => structuredClone({ ...facts, type, data }) as LatchkeyEvent),
  );
}

/** Any event of the given types, by default of any. */
export function anyEvent(
  types: readonly EventType[] = Object.keys(makers) as EventType[],
): fc.Arbitrary<LatchkeyEvent> {
  return fc.oneof(...types.map(eventOf));
}
