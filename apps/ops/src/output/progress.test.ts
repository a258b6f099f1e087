import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createProgressDisplay, formatCount } from './progress.ts';

test('progress is a bar on a terminal', () => {
  const drawn: string[] = [];
  const progress = createProgressDisplay(
    { note: () => assert.fail('drawn instead'), draw: (line) => drawn.push(line) },
    'records read',
  );
  progress.show(0, 2500);
  progress.show(1250, 2500);
  progress.show(2500, 2500);
  progress.show(0, 0);
  progress.show(1250);
  assert.deepEqual(drawn, [
    '[                        ]   0 % records read: 0 of 2,500',
    '[############            ]  50 % records read: 1,250 of 2,500',
    '[########################] 100 % records read: 2,500 of 2,500',
    '[########################] 100 % records read: 0 of 0',
    'records read: 1,250',
  ]);
});

test('without a terminal, progress is a line now and then', () => {
  const lines: string[] = [];
  const progress = createProgressDisplay({ note: (line) => lines.push(line) }, 'records read');
  progress.show(0, 2500);
  progress.show(1250, 2500);
  assert.deepEqual(lines, ['records read: 0 of 2,500']);
});

test('a noun follows its number in singular or plural', () => {
  assert.deepEqual(
    [formatCount(1, 'account'), formatCount(2000, 'account')],
    ['1 account', '2,000 accounts'],
  );
});
