/** Decides whether `rebuild user` may switch from the active generation of the read model to a new one. */
import type { GenerationComparison } from '@latchkey/user/ops';
import type { CommandContext } from '../context.ts';
import { formatCount, formatNumber } from '../output/progress.ts';

/**
 * Asserts that `rebuild user` may activate a new generation of the read model, according to its comparison
 * with the active generation.
 * @throws Error with a one-line message if the new generation must not become active
 */
export function assertGenerationCanBeActivated(
  generation: number,
  parity: GenerationComparison,
  acceptDifferences: boolean,
  { print }: Pick<CommandContext, 'print'>,
): void {
  const { accounts, parked, parkedExamples, repaired, apart, apartExamples, differing, freed } = parity;
  if (parked > 0) {
    const few = parkedExamples.map(({ account, cause }) => `${account} (${cause})`).join(', ');
    throw new Error(
      `Not switched over: ${formatCount(parked, 'account')} parked in generation ${generation} but not in the active one, such as ${few}. Run parked retry --all, which unparks accounts that miss no event, and repeat. Or --drop deletes generation ${generation}.`,
    );
  }
  if (apart > 0 && !acceptDifferences)
    throw new Error(
      `Not switched over: ${formatCount(apart, 'account')} have not reached in generation ${generation} the event that they have in the active one, such as ${apartExamples.join(', ')}. Is the user service running? If a backup was restored, the active one may have events that are no longer on the topic: repeat with --accept-differences.`,
    );
  if (differing > 0 && !acceptDifferences)
    throw new Error(
      `Not switched over: ${differences(parity)}. If a changed projection is the reason, repeat with --accept-differences; otherwise --drop deletes generation ${generation}.`,
    );
  print(
    differing > 0
      ? `Accepted: ${differences(parity)}.`
      : `${formatCount(accounts - apart - repaired, 'account')} compared, field by field: no difference.`,
  );
  if (apart > 0)
    print(
      `Accepted: ${formatCount(apart, 'account')} at different events in the two generations, such as ${apartExamples.join(', ')}.`,
    );
  if (repaired > 0)
    print(
      `Generation ${generation} has events of ${formatCount(repaired, 'account')} that the active one lacks, such as ${parity.repairedExamples.join(', ')}: switching over repairs them.`,
    );
  if (freed > 0)
    print(
      freed === 1
        ? '1 account that was parked is no longer parked.'
        : `${formatNumber(freed)} accounts that were parked are no longer parked.`,
    );
}

function differences({ accounts, differing, fields, examples }: GenerationComparison): string {
  const byField = Object.entries(fields).map(([field, count]) => `${field} (${formatNumber(count)})`);
  return `differences in ${byField.join(', ')}: ${formatNumber(differing)} of ${formatCount(accounts, 'account')}, such as ${examples.join(', ')}`;
}
