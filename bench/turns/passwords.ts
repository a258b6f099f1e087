/** Measures the first checks of new passwords in a process, which load the lists of words. */
import { createPasswordRules } from '../../services/auth/src/passwords/rules.ts';
import type { BenchmarkFigure } from '../support/benchmark.ts';
import { createTurnFigures, measureLongestTurn } from './longest-turn.ts';

/** Must be called before any other check of a password in this process. */
export async function measureFirstPasswordCheckTurns(): Promise<readonly BenchmarkFigure[]> {
  const rules = createPasswordRules({ minLength: 10, serviceName: 'Latchkey' });
  const owner = { email: 'ada@example.com', username: 'ada' };
  const strong = await measureLongestTurn(() => rules.fault('pK7mX0tqLkz9Rw8B', owner));
  const weak = await measureLongestTurn(() => rules.fault('Password1!', owner));
  return [
    ...createTurnFigures('passwords: the first, which is clearly strong', strong),
    ...createTurnFigures('passwords: the first that needs an estimate', weak),
  ];
}
