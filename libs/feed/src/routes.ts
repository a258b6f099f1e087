/** `GET /events`: returns the feed as pages, by long polling, or as server-sent events. */
import {
  type AccessPolicy,
  createRateLimitProblem,
  mergeTranslations,
  type RequestContext,
  type Route,
  route,
  standardProblems,
  type TranslationsByLanguage,
} from '@latchkey/http';
import { z } from 'zod';
import { decodeFeedCursor } from './cursor.ts';
import type { Feed, FeedReader } from './feed.ts';
import { respondWithFeedPage } from './page.ts';
import { type FeedQueryParameters, feedQueryParameters } from './query.ts';
import { respondWithFeedStream } from './stream.ts';
import { feedTexts } from './texts.ts';
import { mapLogFailuresToProblems, selectReaderView } from './view.ts';
import { createWaitingRequestSlots, MAX_WAITING_REQUESTS } from './waiting-slots.ts';

const BATCH = 'application/cloudevents-batch+json';
const STREAM = 'text/event-stream';

const lastEventId = z.object({
  'Last-Event-ID': z
    .string()
    .max(4000)
    .optional()
    .describe('Sent by clients of server-sent events when they connect again; used in place of `after`.'),
});

export interface FeedRoutesDeps {
  readonly feed: Feed;
  /** The policy that identifies a client of the feed by its API key. */
  readonly policy: AccessPolicy<FeedReader>;
  /** The path of the route, for example `/api/v1/events`. */
  readonly path: string;
  /** Translations of the messages with which the policy refuses requests. */
  readonly texts?: TranslationsByLanguage;
}

/**
 * Returns the route of the feed, which responds with a page, or with server-sent events if the client accepts
 * them.
 */
export function createFeedRoutes({ feed, policy, path, texts = {} }: FeedRoutesDeps): readonly Route[] {
  const places = createWaitingRequestSlots();
  const events = route({
    method: 'GET',
    path,
    texts: mergeTranslations(feedTexts, texts),
    tag: 'events',
    summary: 'The feed of account events',
    description:
      'The events of accounts as CloudEvents, from the first one on, in order per account, each at least once. With `Accept: text/event-stream` as server-sent events.',
    policy,
    operationId: 'readEvents',
    credentials: {
      schemes: {
        clientKey: { type: 'http', scheme: 'bearer', description: 'The API key of a service client.' },
      },
      optional: false,
    },
    query: feedQueryParameters,
    headers: lastEventId,
    answers: {
      200: {
        description:
          'A page of events, empty if there are none. `Feed-Behind` says how many records come after it.',
        media: [BATCH, STREAM],
        headers: ['Feed-Cursor', 'Feed-Behind'],
      },
    },
    problems: [
      standardProblems.insufficient_permission,
      standardProblems.rate_limited,
      standardProblems.unavailable,
    ],
    limits: [`${MAX_WAITING_REQUESTS} requests of a client that wait or stream at the same time`],
    quiet: true,
    async handle({ caller, query, ...request }) {
      const isStream = acceptsStream(request);
      const reading = {
        feed,
        query: resumed(query, request),
        view: selectReaderView(caller, query),
        ending: request.ending(),
      };
      const leave = isStream || query.wait > 0 ? places.take(caller.id) : () => undefined;
      if (leave === undefined) throw createRateLimitProblem(1);
      if (isStream)
        return respondWithFeedStream({ ...reading, leave, stillMay: () => mayStill(policy, request) });
      try {
        return await mapLogFailuresToProblems(() => respondWithFeedPage(reading));
      } finally {
        leave();
      }
    },
  });
  return [events];
}

function acceptsStream({ headers }: Pick<RequestContext, 'headers'>): boolean {
  return headers['accept']?.includes(STREAM) ?? false;
}

/**
 * Replaces the cursor in the query by the cursor in the header `Last-Event-ID`, if the request has this
 * header. A client of server-sent events reconnects to its original URL, so its current position is only in
 * the header.
 */
function resumed(
  query: FeedQueryParameters,
  { headers }: Pick<RequestContext, 'headers'>,
): FeedQueryParameters {
  const last = decodeFeedCursor(headers['last-event-id'] ?? '');
  return last === undefined ? query : { ...query, after: last };
}

function mayStill(policy: AccessPolicy<FeedReader>, request: RequestContext): Promise<boolean> {
  return policy.authorise(request).then(
    () => true,
    () => false,
  );
}
