/** Whether tests with generated cases run all of their cases. By default, they run only a part of them. */
export const RUNS_ALL_CASES = process.env['TEST_CASES'] === 'all';

/**
 * Returns the number of runs of a property test.
 * @param some the number by default, for `npm test` on a developer's machine
 * @param all the number with TEST_CASES=all, for the nightly run
 */
export function chooseRunCount({ some, all }: { readonly some: number; readonly all: number }): number {
  return RUNS_ALL_CASES ? all : some;
}

/** By default, a test runs every third case. */
const STRIDE = 3;

/**
 * Selects the cases of a table to run: all of them with TEST_CASES=all, otherwise every third.
 * @param turn selects the third of the table to run: cases 0, 3, 6… for `turn` 0, cases 1, 4, 7… for 1, and
 * so on. If a test passes a constant, it runs the same cases whether or not other tests run
 */
export function selectCases<Case>(
  cases: readonly Case[],
  turn: number,
  runsAll = RUNS_ALL_CASES,
): readonly Case[] {
  return runsAll ? cases : cases.filter((_, index) => index % STRIDE === turn % STRIDE);
}
