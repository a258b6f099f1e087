import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { figuresOf, withFigures } from './evidence.ts';
import type { FaultLine } from './run-folder.ts';
import type { Outcome } from './summary.ts';

const hit = (fault: string): FaultLine => ({
  at: '2026-11-21T10:00:00.000Z',
  fault,
  target: 'auth-1',
  until: null,
});

const outcome = (seed: number, ok: boolean): Outcome => ({
  seed,
  seconds: 90,
  faults: [hit('kill-auth'), hit('cut-broker'), hit('kill-auth')],
  ok,
  report: { counts: { events: 1200, 'mails sent': 7 } },
});

const told = { seed: 7, seconds: 60, rate: 12, events: 2000 };
const at = new Date('2026-11-21T10:00:00Z');

describe('the figures of runs', () => {
  test('are the sums of all, under the command that made them', () => {
    assert.equal(
      figuresOf(told, [outcome(7, true), outcome(8, true)], at),
      `\`\`\`sh
FAULTS_SEED=7 FAULTS_SECONDS=60 FAULTS_RATE=12 npm run test:faults -- --events 2000 --write
\`\`\`

2026-11-21, 2 runs from seeds 7 to 8, 3 minutes. No promise was broken.

| what | |
|---|---:|
| events | 2,400 |
| mails sent | 14 |

| fault | |
|---|---:|
| cut-broker | 2 |
| kill-auth | 4 |`,
    );
  });

  test('say which runs broke a promise', () => {
    assert.match(
      figuresOf(told, [outcome(7, true), outcome(8, false)], at),
      /\*\*.* in the runs of seed 8\./,
    );
  });

  test('take the place of those that are there', () => {
    const place = (figures: string) =>
      `# Before\n\n<!-- figures: made by npm run test:faults -- --write -->\n\n${figures}\n\n<!-- end of figures -->\n\nAfter\n`;
    assert.equal(withFigures(place('old'), 'new'), place('new'));
    assert.throws(() => withFigures('# Nothing', 'new'), /no place for figures/);
  });
});
