/** Defines the tests that every reader of reports about mails must pass. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { chooseRunCount } from '@latchkey/process/testing/test-cases';
import fc from 'fast-check';
import type { BounceDetails } from '../delivery/hard-bounce.ts';
import { computeAddressFingerprint } from '../recipient.ts';
import type { MailReportReader, ParsedMailReport, UnparsedMailReport } from './reports.ts';

/**
 * What the contract tests need in order to test a reader of reports: the reader itself, and reports as its
 * provider sends them about a mail to `ada@example.com`.
 */
export interface MailReportsFixture {
  readonly reader: MailReportReader;
  /**
   * Returns a report that a mail could not be delivered for the given reason. If the provider classifies
   * bounces, the report classifies this bounce as permanent.
   */
  bounce(delivery: string, why: BounceDetails): UnparsedMailReport;
  complaint(delivery: string): UnparsedMailReport;
  /** Genuine reports that the reader must ignore, by name, for example about a delay or a full mailbox. */
  others(delivery: string): Readonly<Record<string, UnparsedMailReport>>;
  /**
   * Returns reports from a sender that does not know the secret. The keys are names of the kinds of forgery.
   */
  forged(delivery: string): Readonly<Record<string, UnparsedMailReport>>;
  /**
   * Whether the provider classifies bounces. If so, a bounce that the provider calls permanent counts as
   * permanent even if the report gives no reason.
   */
  readonly classifiesBounces: boolean;
  /** Whether a genuine report names its recipient. */
  readonly namesRecipient: boolean;
  /** Whether the body of a report is signed, so that it needs no further proof. */
  readonly isSigned: boolean;
}

export const ADA_ADDRESS = 'ada@example.com';

const UNKNOWN_USER: BounceDetails = { status: '5.1.1', diagnostic: 'smtp; 550 5.1.1 User unknown' };

/** Reasons of permanent bounces that are not about the recipient's address. */
const otherReasons: Readonly<Record<string, BounceDetails>> = {
  'a block of the sender': {
    status: '5.7.1',
    diagnostic: 'smtp; 550 5.7.1 Your domain is on our block list',
  },
  'a failed DMARC check': {
    status: '5.7.26',
    diagnostic: 'smtp; 550-5.7.26 This mail has been blocked because the sender is unauthenticated',
  },
  'a block with a code that says nothing': {
    status: '5.0.0',
    diagnostic: 'smtp; 550 Client host blocked using Spamhaus',
  },
  'a block without a status code': { diagnostic: 'smtp; 550 Client host blocked using Spamhaus' },
  'a daily quota': { status: '5.4.5', diagnostic: 'smtp; 550 5.4.5 Daily sending quota exceeded' },
  'a full mailbox': { status: '5.2.2', diagnostic: 'smtp; 552 5.2.2 Mailbox full' },
  'a refusal of the content': { status: '5.3.0', diagnostic: 'smtp; 554 5.3.0 Rejected' },
  'a refusal that names no reason': { diagnostic: 'smtp; 554 Transaction failed' },
};

export function defineMailReportsContractTests(name: string, open: () => MailReportsFixture): void {
  describe(`reports of mails: ${name}`, () => {
    const delivery = randomUUID();
    const { reader, classifiesBounces, namesRecipient, isSigned, ...fixture } = open();
    const recipient = namesRecipient ? { recipient: computeAddressFingerprint(ADA_ADDRESS) } : {};

    it('read a hard bounce', async () => {
      const expected: ParsedMailReport = {
        kind: 'report',
        delivery,
        state: 'bounced',
        status: '5.1.1',
        ...recipient,
      };
      assert.deepEqual(await reader.read(fixture.bounce(delivery, UNKNOWN_USER)), expected);
    });

    for (const diagnostic of ['smtp; 550 5.1.1 User unknown', 'smtp; 550 No such user here'])
      it(`read a hard bounce whose only reason is "${diagnostic}"`, async () => {
        const read = await reader.read(fixture.bounce(delivery, { diagnostic }));
        assert.equal(read.kind === 'report' && read.state, 'bounced');
      });

    for (const [title, why] of Object.entries(otherReasons))
      it(`find nothing in a permanent bounce because of ${title}`, async () => {
        assert.deepEqual(await reader.read(fixture.bounce(delivery, why)), { kind: 'nothing' });
      });

    it(`${classifiesBounces ? 'read' : 'find nothing in'} a permanent bounce without a reason`, async () => {
      const expected: ParsedMailReport = classifiesBounces
        ? { kind: 'report', delivery, state: 'bounced', ...recipient }
        : { kind: 'nothing' };
      assert.deepEqual(await reader.read(fixture.bounce(delivery, {})), expected);
    });

    it('read a complaint', async () => {
      const expected: ParsedMailReport = { kind: 'report', delivery, state: 'complained', ...recipient };
      assert.deepEqual(await reader.read(fixture.complaint(delivery)), expected);
    });

    for (const [title, incoming] of Object.entries(fixture.others(delivery)))
      it(`find nothing in ${title}`, async () => {
        assert.deepEqual(await reader.read(incoming), { kind: 'nothing' });
      });

    for (const [title, incoming] of Object.entries(fixture.forged(delivery)))
      it(`refuse ${title}`, async () => {
        assert.deepEqual(await reader.read(incoming), { kind: 'forged' });
      });

    it('find no report in anything without its proof, whatever it contains', async () => {
      const bodies = [fixture.bounce(delivery, UNKNOWN_USER).body, fixture.complaint(delivery).body];
      await fc.assert(
        fc.asyncProperty(
          fc.oneof(
            fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
            spoiled(bodies),
          ),
          fc.option(fc.string(), { nil: undefined }),
          async (body, proof) => {
            const read = await reader.read({ body, proof });
            // The body was changed. The reader may accept the report only if the provider signs reports, and
            // if the change affects a part that the signature does not cover.
            if (read.kind === 'report') assert.deepEqual([isSigned, read.delivery], [true, delivery]);
          },
        ),
        { numRuns: chooseRunCount({ some: 100, all: 300 }) },
      );
    });

    it('never reject, and name no other delivery, whatever was done to the body', async () => {
      const genuine = [fixture.bounce(delivery, UNKNOWN_USER), fixture.complaint(delivery)];
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...genuine), fc.gen(), async ({ body, proof }, gen) => {
          const read = await reader.read({ body: gen(spoiled, [body]), proof });
          if (read.kind === 'report' && isSigned) assert.equal(read.delivery, delivery);
        }),
        { numRuns: chooseRunCount({ some: 100, all: 300 }) },
      );
    });
  });
}

/** Generates corrupted bodies: one of the given bodies with bytes removed, repeated or replaced. */
function spoiled(bodies: readonly Buffer[]): fc.Arbitrary<Buffer> {
  return fc
    .tuple(fc.constantFrom(...bodies), fc.nat(), fc.nat({ max: 200 }), fc.uint8Array({ maxLength: 200 }))
    .map(([body, from, length, put]) => {
      const at = from % (body.length + 1);
      return Buffer.concat([body.subarray(0, at), put, body.subarray(at + length)]);
    });
}
