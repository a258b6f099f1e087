import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Commit } from '../../ports/journal.ts';

/**
 * How many commits are read or changed in one turn of the event loop, which takes about 5 ms. A stream may
 * have tens of thousands of commits.
 */
export const MAX_COMMITS_PER_EVENT_LOOP_TURN = 250;

/**
 * Reads the commits of a stream in several steps, and lets other work run between the steps. Returns the
 * commits in the order of their numbers. The result is the same as if all commits were read at once, because
 * commits are only appended at the end of a stream.
 * @param read returns at most `limit` commits whose numbers are higher than `after`
 * @param range returns only commits whose numbers are higher than `after` (default 0), and at most `limit`
 * (default: no limit)
 */
export async function readCommitsInSteps(
  read: (after: number, limit: number) => readonly Commit[],
  { after = 0, limit = Number.POSITIVE_INFINITY }: { readonly after?: number; readonly limit?: number } = {},
): Promise<readonly Commit[]> {
  const commits: Commit[] = [];
  for (;;) {
    const step = read(
      commits.at(-1)?.number ?? after,
      Math.min(MAX_COMMITS_PER_EVENT_LOOP_TURN, limit - commits.length),
    );
    commits.push(...step);
    if (step.length < MAX_COMMITS_PER_EVENT_LOOP_TURN || commits.length === limit) return commits;
    await nextTurn();
  }
}
