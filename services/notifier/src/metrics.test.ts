import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { createMetricsRegistry, type Registry } from '@latchkey/process';
import { createNotifierMetrics } from './metrics.ts';

const START = Date.parse('2026-11-21T10:00:00.000Z');
function at(seconds: number): Date {
  return new Date(START + seconds * 1000);
}

describe('metrics of the store', () => {
  let registry: Registry;
  let oldest: Date | undefined;
  let isAway: boolean;
  let now: Date;

  /**
   * Returns the current value of a gauge, or of one series of a gauge; undefined if the metrics contain no
   * such line.
   */
  async function scraped(name: string): Promise<number | undefined> {
    const line = (await registry.metrics()).split('\n').find((each) => each.startsWith(`${name} `));
    return line === undefined ? undefined : Number(line.slice(name.length + 1));
  }
  function age() {
    return scraped('latchkey_notifier_oldest_pending_seconds');
  }
  function pending() {
    return scraped('latchkey_notifier_deliveries{state="pending"}');
  }

  beforeEach(() => {
    [registry, oldest, isAway, now] = [createMetricsRegistry(), undefined, false, at(3600)];
    async function ask<T>(answer: T): Promise<T> {
      if (isAway) throw new Error('the store is away');
      return answer;
    }
    const store = {
      census: () =>
        ask({
          pending: 1,
          claimed: 0,
          sent: 2,
          failed: 0,
          expired: 0,
          cancelled: 0,
          suppressed: 0,
          bounced: 0,
          complained: 0,
        }),
      oldestOpen: () => ask(oldest),
    };
    createNotifierMetrics(registry, store, () => now);
  });

  it('include the age of the oldest open mail, from the first scrape on', async () => {
    oldest = at(0);
    assert.equal(await age(), 3600);
    now = at(3605);
    assert.equal(await age(), 3605);
    oldest = at(3604);
    assert.equal(await age(), 1);
  });

  it('give the age 0 if no mail is open', async () => {
    assert.equal(await age(), 0);
    oldest = at(3700);
    assert.equal(await age(), 0, 'nor by an event of a clock that goes ahead');
  });

  it('give NaN for the age while the store is down, and the age as soon as it is back', async () => {
    oldest = at(0);
    isAway = true;
    assert.equal(await age(), Number.NaN);
    isAway = false;
    assert.equal(await age(), 3600);
  });

  it('include the number of deliveries in each state, while the store is available', async () => {
    assert.equal(await pending(), 1);
    [isAway, now] = [true, at(3620)];
    assert.equal(await pending(), undefined);
    isAway = false;
    assert.equal(await pending(), 1);
  });
});

it('every series of a counter exists from the start, so that its first increase is seen', async () => {
  const registry = createMetricsRegistry();
  const store = { census: () => assert.fail(), oldestOpen: async () => undefined };
  createNotifierMetrics(registry, store, () => at(0));
  const lines = (await registry.metrics()).split('\n');
  for (const series of [
    'latchkey_notifier_tries_total{mail="welcome",result="unknown-key"}',
    'latchkey_notifier_smtp_failures_total{stage="rcpt",class="rejected"}',
    'latchkey_notifier_reports_total{source="ses",outcome="forged"}',
    'latchkey_notifier_set_aside_total',
  ])
    assert.ok(lines.includes(`${series} 0`), series);
  assert.ok(!lines.some((line) => line.includes('class="accepted"')));
});
