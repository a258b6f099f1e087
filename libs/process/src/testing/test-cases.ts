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
 * Creates a function that selects the cases of a table to run: all of them with TEST_CASES=all, otherwise
 * every third case. Each call continues to count where the previous one stopped, so that over several calls
 * with the same table every case of the table is selected.
 */
export function createCaseSelection(
  runsAll = RUNS_ALL_CASES,
): <Case>(cases: readonly Case[]) => readonly Case[] {
  let next = 0;
  return (cases) => {
    if (runsAll) return cases;
    const first = next % STRIDE;
    next += 1;
    return cases.filter((_, index) => index % STRIDE === first);
  };
}
