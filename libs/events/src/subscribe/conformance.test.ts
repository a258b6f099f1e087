import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeRecord, type ParkReason, type RecordAuthenticator } from '@latchkey/consumer';
import {
  assertConformanceOutcome,
  type ConformanceCase,
  type ConformanceOutcome,
  conformanceCases,
} from '../../scripts/conformance.ts';
import { ACCOUNTS_TOPIC } from '../topics.ts';
import type { EventContext, Handlers } from './handlers.ts';
import { createDurableTestStore, openTestHarness } from './testing/harness.ts';
import { waitUntil } from './testing/until.ts';

type Handled = ConformanceOutcome['handled'][number];

function toRecord({ key, value, headers }: ConformanceCase['records'][number]) {
  return { key, value: value === null ? null : Buffer.from(value), headers };
}

/**
 * Returns the id at the start of a record's key, without the sequence that may follow. Returns an empty array
 * if the record has no key.
 */
function idIn({ key }: ConformanceCase['records'][number]): readonly string[] {
  const [id] = key?.split('/') ?? [];
  return id === undefined ? [] : [id];
}

describe('subscribe', () => {
  for (const each of conformanceCases)
    test(`passes the conformance kit: ${each.name}`, async (context) => {
      const harness = await openTestHarness(context);
      const handled: Handled[] = [];
      const usernames = new Map<string, string | undefined>();
      function note({ account, sequence }: EventContext): void {
        handled.push({ handled: account, sequence });
      }
      function forget(context: EventContext): void {
        note(context);
        usernames.delete(context.account);
      }
      const store = createDurableTestStore();
      const handlers: Handlers = {
        UserRegistered({ data }, context) {
          note(context);
          usernames.set(context.account, data.person?.username);
        },
        AccountVerified: (_event, context) => note(context),
        SessionsRevoked: (_event, context) => note(context),
        RegistrationEnded: (_event, context) => forget(context),
      };
      await harness.publish(each.records.map(toRecord), ACCOUNTS_TOPIC);
      const erased = (_account: string, context: EventContext) => forget(context);
      const { lag } = await harness.subscribe({ handlers, erased, store }, harness.bus, acceptHashes);
      await waitUntil(async () => (await lag()) === 0);
      const positions = await store.load([...new Set(each.records.flatMap(idIn))]);
      const accounts = [...positions.values()].map(({ account, sequence, parked }) => ({
        account,
        sequence,
        parked: parkedAs(parked?.reason),
        username: usernames.get(account) ?? null,
      }));
      assertConformanceOutcome({ handled, accounts }, each);
    });
});

function parkedAs(reason: ParkReason | undefined): Exclude<ParkReason, 'refused'> | null {
  assert.ok(reason !== 'refused');
  return reason ?? null;
}

/**
 * Accepts the records of the conformance kit without a check, because they are not signed. The hashes of the
 * records are taken from their headers.
 */
const acceptHashes: RecordAuthenticator = async (sources) => ({
  records: sources.map((source) => {
    const { ce_hash: hash, ce_previoushash: previous } = source.headers;
    const link = hash && { hash: String(hash), ...(previous && { previous: String(previous) }) };
    return { ...decodeRecord(source), ...(link && { link }) };
  }),
  forged: [],
});
