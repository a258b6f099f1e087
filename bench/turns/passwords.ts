/**
 * Measures the longest turns of the event loop during the first checks of new passwords in a process. These
 * checks load the lists of words.
 */
import { createPasswordRules } from '../../services/auth/src/passwords/rules.ts';
import type { BenchmarkFigure } from '../support/benchmark.ts';
import { createEventLoopTurnFigures, measureLongestEventLoopTurn } from './longest-turn.ts';

/** Must be called before any other check of a password in this process. */
export async function measureTurnsOfFirstPasswordChecks(): Promise<readonly BenchmarkFigure[]> {
  const rules = createPasswordRules({ minLength: 10, serviceName: 'Latchkey' });
  const owner = { email: 'ada@example.com', username: 'ada' };
  const strong = await measureLongestEventLoopTurn(() => rules.fault('pK7mX0tqLkz9Rw8B', owner));
  const weak = await measureLongestEventLoopTurn(() => rules.fault('Password1!', owner));
  return [
    ...createEventLoopTurnFigures('passwords: the first, which is clearly strong', strong),
    ...createEventLoopTurnFigures('passwords: the first that needs an estimate', weak),
  ];
}
