/** `POST /events/receipts`, with which a client of the feed confirms that it has erased an account. */
import type { Bus } from '@latchkey/bus';
import { encodeReceipt, RECEIPTS_TOPIC } from '@latchkey/events';
import {
  type AccessPolicy,
  createUnavailableProblem,
  mergeTranslations,
  type Route,
  route,
  standardProblems,
  type TranslationsByLanguage,
} from '@latchkey/http';
import { z } from 'zod';
import type { FeedReader } from './feed.ts';
import { feedTexts } from './texts.ts';

export interface ReceiptRoutesDeps {
  readonly bus: Pick<Bus, 'publish'>;
  /** The policy that identifies a client of the feed by its API key. */
  readonly policy: AccessPolicy<FeedReader>;
  /** The path of the feed, for example `/api/v1/events`. */
  readonly path: string;
  /** Translations of the messages with which the policy refuses requests. */
  readonly texts?: TranslationsByLanguage;
  now(): Date;
}

/**
 * Returns the route with which clients of the feed confirm erasures. It responds with 503 while the log
 * cannot be written.
 */
export function createReceiptRoutes({
  bus,
  policy,
  path,
  texts = {},
  now,
}: ReceiptRoutesDeps): readonly Route[] {
  const confirm = route({
    method: 'POST',
    path: `${path}/receipts`,
    texts: mergeTranslations(feedTexts, texts),
    tag: 'events',
    summary: 'Confirm an erasure',
    description:
      'The client has handled `AccountErased`: it no longer stores any data that identifies the person. May be repeated. A receipt for an account that was not erased is ignored.',
    policy,
    operationId: 'confirmErasure',
    credentials: {
      schemes: {
        clientKey: { type: 'http', scheme: 'bearer', description: 'The API key of a service client.' },
      },
      optional: false,
    },
    body: z.object({
      account: z.uuid().toLowerCase().describe('The account that was erased.'),
      sequence: z.int().min(1).max(9_999_999_999).describe('The sequence of `AccountErased`.'),
    }),
    answers: { 204: { description: 'The receipt is stored.' } },
    problems: [standardProblems.unavailable],
    async handle({ caller, body: { account: userId, sequence } }) {
      const confirmedAt = now().toISOString();
      const receipt = encodeReceipt({ userId, consumer: caller.name, sequence, confirmedAt });
      try {
        await bus.publish(RECEIPTS_TOPIC, [receipt]);
      } catch (error) {
        throw createUnavailableProblem('Receipts cannot be stored at the moment. Try again.', 1, error);
      }
      return { status: 204 };
    },
  });
  return [confirm];
}
