/** How many cases generated tests run: a part of them by default, and all of them with the setting TEST_CASES=all. */

/** Whether tests with generated cases run all of their cases. */
export const RUNS_ALL_CASES = process.env['TEST_CASES'] === 'all';

/**
 * Returns the number of runs of a property test.
 * @param some the number by default, for `npm test` on a developer's machine
 * @param all the number with TEST_CASES=all, for the nightly run
 */
export function chooseRunCount({ some, all }: { readonly some: number; readonly all: number }): number {
  return RUNS_ALL_CASES ? all : some;
}

/** By default, one case out of this many is selected. */
const STRIDE = 3;

/**
 * Selects the cases of a table to run: all of them with TEST_CASES=all, otherwise every third.
 * @param turn counts the selections from the same table, from 0. Three selections in a row contain every case of the
 * table. A test that knows its turn can run alone.
 */
export function selectCases<Case>(
  cases: readonly Case[],
  turn: number,
  runsAll = RUNS_ALL_CASES,
): readonly Case[] {
  return runsAll ? cases : cases.filter((_, index) => index % STRIDE === turn % STRIDE);
}
