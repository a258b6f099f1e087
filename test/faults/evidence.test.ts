import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import {
  formatReliabilityFigures,
  openReliabilityRuns,
  type ReliabilityRun,
  replaceReliabilityFigures,
} from './evidence.ts';

function run(seed: number, more: Partial<ReliabilityRun> = {}): ReliabilityRun {
  return {
    at: '2026-11-21T10:00:00.000Z',
    seed,
    seconds: 60,
    rate: 12,
    mix: 'everything',
    pauses: 1,
    took: 90,
    ok: true,
    counts: { events: 1200, 'mails that were sent': 7 },
    faults: { 'cut-broker': 1, 'kill-auth': 2 },
    ...more,
  };
}

function place(figures: string) {
  return `# Before\n\n<!-- figures: made by npm run test:faults -- --write -->\n\n${figures}\n\n<!-- end of figures -->\n\nAfter\n`;
}

describe('the figures of runs', () => {
  test('are the sums over all runs, grouped by command', () => {
    assert.equal(
      formatReliabilityFigures([run(7), run(8)]),
      `\`\`\`sh norun="the runs of the figures: repeated by hand"
FAULTS_SEED=7 FAULTS_SECONDS=60 FAULTS_RATE=12 FAULTS_MIX=everything FAULTS_PAUSES=1 npm run test:faults -- --events 2400 --write
\`\`\`

2026-11-21, 2 runs from seeds 7 to 8, 3 minutes. No guarantee was violated.

| what was counted in these runs | number |
|---|---:|
| events | 2,400 |
| mails that were sent | 14 |

Each kind of fault was injected this many times: \`cut-broker\` 2, \`kill-auth\` 4.`,
    );
  });

  test('name each command, and each day if there are several', () => {
    const figures = formatReliabilityFigures([
      run(7),
      run(8, { at: '2026-11-22T10:00:00.000Z', rate: 30, mix: 'changes' }),
    ]);
    assert.match(
      figures,
      /^FAULTS_SEED=7 .*RATE=12 .* --events 1200 --write\nFAULTS_SEED=8 .*RATE=30 FAULTS_MIX=changes .* --events 1200 --write$/m,
    );
    assert.match(figures, /^2026-11-21 to 2026-11-22, 2 runs/m);
  });

  test('list the runs that violated a rule', () => {
    assert.match(formatReliabilityFigures([run(7), run(8, { ok: false })]), /\*\*.* in the runs of seed 8\./);
  });

  test('replace the previous figures', () => {
    assert.equal(replaceReliabilityFigures(place('old'), 'new'), place('new'));
    assert.throws(() => replaceReliabilityFigures('# Nothing', 'new'), /no place for figures/);
  });
});

test('the results of runs are recorded run by run, and read by the next run', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'evidence-'));
  context.after(() => rm(folder, { recursive: true }));
  const files = { runs: join(folder, 'runs.jsonl'), document: join(folder, 'document.md') };
  await writeFile(files.document, place('old'));

  const evidence = await openReliabilityRuns(files);
  assert.deepEqual(evidence.lines(), []);
  for (const seed of [7, 8]) {
    await evidence.add(run(seed));
    const goingOn = await openReliabilityRuns(files);
    assert.deepEqual(goingOn.lines(), evidence.lines());
    assert.equal(await readFile(files.document, 'utf8'), place(formatReliabilityFigures(evidence.lines())));
  }
  assert.deepEqual(evidence.lines(), [run(7), run(8)]);
});
