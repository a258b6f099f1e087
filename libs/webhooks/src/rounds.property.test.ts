import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { StoreUnavailable } from '@latchkey/store';
import fc from 'fast-check';
import { runDeliveryRound } from './round.ts';
import {
  findHandledSequences,
  openTestLog,
  parseReceivedEvent,
  type ReceivedEvent,
  TEST_START_TIME,
} from './testing/log.ts';

/** One step of a test run. The rounds of a step run at the same time, as if two processes ran them. */
const step = fc.record({
  publish: fc.array(fc.nat(3), { maxLength: 3 }),
  rounds: fc.array(
    fc.record({
      /**
       * For each request, whether it arrives at the endpoint. `isSeen` says, for each request that arrives,
       * whether the response arrives at the sender. If it does not, the sender sees a failure.
       */
      arrives: fc.infiniteStream(fc.boolean()),
      isSeen: fc.infiniteStream(fc.boolean()),
      /** Whether the process crashes before it has stored the outcome of its round. */
      dies: fc.boolean(),
    }),
    { minLength: 1, maxLength: 2 },
  ),
  passes: fc.constantFrom(0, 2_000, 3_600_000),
  redrives: fc.boolean(),
});

test('no event is lost or takes effect out of order, although processes die and requests fail', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 8 }), async (steps) => {
      const log = await openTestLog();
      try {
        const accounts = Array.from({ length: 4 }, () => randomUUID());
        const published = new Map<string, number>();
        const received: ReceivedEvent[] = [];
        const { id } = await log.addEndpoint();
        let now = TEST_START_TIME.getTime();

        const { endpoints } = log.storage;
        async function round({
          arrives,
          isSeen,
          dies,
        }: (typeof steps)[number]['rounds'][number]): Promise<boolean> {
          const report = await runDeliveryRound(id, {
            reader: log.reader,
            sealer: log.sealer,
            storage: {
              attempts: log.storage.attempts,
              sentBefore: log.storage.sentBefore,
              endpoints: {
                ...endpoints,
                find: endpoints.find,
                async replace(endpoint) {
                  if (dies) throw new StoreUnavailable(new Error('the process has died'));
                  return endpoints.replace(endpoint);
                },
              },
            },
            pauseAfterMs: Number.POSITIVE_INFINITY,
            now: () => new Date(now),
            random: () => 0,
            signal: new AbortController().signal,
            poster: {
              async post(request) {
                const hasArrived = arrives.next().value === true;
                await new Promise(setImmediate);
                if (hasArrived) received.push(parseReceivedEvent(request));
                return hasArrived && isSeen.next().value === true
                  ? { kind: 'delivered', status: 204 }
                  : { kind: 'failed', reason: 'lost' };
              },
            },
          });
          return report.isBusy || report.nextDue !== undefined;
        }

        for (const { publish, rounds, passes, redrives } of steps) {
          for (const index of publish) {
            const account = accounts[index] ?? '';
            const sequence = (published.get(account) ?? 0) + 1;
            published.set(account, sequence);
            await log.publish(account, sequence);
          }
          if (redrives)
            await log.redrive(id, { since: TEST_START_TIME, until: new Date(TEST_START_TIME.getTime() + 1) });
          await Promise.allSettled(rounds.map(round));
          now += passes;
        }
        const works = { arrives: ever(), isSeen: ever(), dies: false };
        for (let isBusy = true; isBusy; now += 3_600_000) isBusy = await round(works);

        const effects = findHandledSequences(received);
        for (const [account, count] of published)
          assert.deepEqual(
            effects.get(account),
            Array.from({ length: count }, (_, index) => index + 1),
          );
      } finally {
        await log.close();
      }
    }),
    { numRuns: 15 },
  );
});

function ever(): fc.Stream<boolean> {
  return fc.stream(
    (function* () {
      for (;;) yield true;
    })(),
  );
}
