/** Serves the feed of a log on a free port. */
import type { TestContext } from 'node:test';
import type { Bus } from '@latchkey/bus';
import { createFeed, createFeedRoutes, createReceiptRoutes, type FeedReader } from '@latchkey/feed';
import { type AccessPolicy, createHttpServerPart, Problem, standardProblems } from '@latchkey/http';
import { createLogger, createMetricsRegistry } from '@latchkey/process';

export const TEST_API_KEY = 'the key of the test';
export const unrestrictedFeedReader: FeedReader = { id: 'test', name: 'mirror', person: true };

export interface FeedServer {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Serves the feed of a log until the test ends.
 * @param reader returns the current owner of the API key; undefined if the key was revoked
 */
export async function startFeedServer(
  context: TestContext,
  bus: Pick<Bus, 'tail' | 'publish'>,
  reader: () => FeedReader | undefined = () => unrestrictedFeedReader,
  port = 0,
): Promise<FeedServer> {
  const path = '/api/v1/events';
  const policy: AccessPolicy<FeedReader> = {
    who: 'anyone with the key',
    bearer: true,
    problems: [standardProblems.unauthenticated],
    async authorise({ headers }) {
      const found = headers['authorization'] === `Bearer ${TEST_API_KEY}` ? reader() : undefined;
      if (found === undefined) throw new Problem(standardProblems.unauthenticated);
      return found;
    },
  };
  const part = createHttpServerPart({
    name: 'feed',
    host: '127.0.0.1',
    port,
    routes: [
      ...createFeedRoutes({ feed: createFeed(bus, async (records) => records), path, policy }),
      ...createReceiptRoutes({ bus, path, policy, now: () => new Date() }),
    ],
    logger: createLogger({ name: 'test', level: 'silent' }),
    registry: createMetricsRegistry(),
    trustedProxies: [],
    corsOrigins: [],
    undeclared: 'fail',
    problemTypes: 'urn:latchkey:problem:',
  });
  await part.start();
  context.after(() => part.stop());
  return { url: `http://127.0.0.1:${part.port()}`, stop: () => part.stop() };
}
