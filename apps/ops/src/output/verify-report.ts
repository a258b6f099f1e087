/** Formats the result of a verification as text and as JSON. Neither form contains personal data. */
import { type Finding, formatDurationInLargestUnit, type VerificationResult } from '@latchkey/verify';
import { formatCount, formatNumber } from './progress.ts';

/** The maximum number of findings to print. Further findings are only counted. */
const MAX_LINES = 50;

export function formatVerificationReport(verification: VerificationResult, now: Date): readonly string[] {
  const { findings, found } = verification;
  const shown = findings.slice(0, MAX_LINES);
  return [
    ...overview(verification, now),
    '',
    ...shown.map(lineOf),
    ...(found > shown.length ? [`… and ${formatNumber(found - shown.length)} more`] : []),
    found === 0 ? 'Everything agrees.' : `${formatCount(found, 'finding')}.`,
  ];
}

function overview({ counts, oldestUnpublished, lag }: VerificationResult, now: Date): readonly string[] {
  const oldest =
    oldestUnpublished === undefined
      ? ''
      : `, the oldest for ${formatDurationInLargestUnit(now.getTime() - oldestUnpublished.getTime())}`;
  const rows: readonly (readonly [string, string])[] = [
    [
      'accounts',
      `${formatNumber(counts.accounts)} in the journal, ${formatNumber(counts.profiles)} in the read model`,
    ],
    ['mailings', formatNumber(counts.mailings)],
    [
      'events',
      `${formatNumber(counts.events)} in the journal, ${formatNumber(counts.onTopic)} of them on the topics, in order`,
    ],
    [
      'also',
      `${formatNumber(counts.repeated)} repeated, ${formatNumber(counts.outOfOrder)} early and repeated in order, ${formatNumber(counts.unreadable)} unreadable, ${formatNumber(counts.withoutKey)} without a usable key`,
    ],
    ['unpublished', `${formatCount(counts.unpublished, 'commit')}${oldest}`],
    ['parked', formatCount(counts.parked, 'account')],
    ['mails', `${formatNumber(counts.owed)} owed, ${formatNumber(counts.recorded)} of them recorded`],
    ['leases', `${formatNumber(counts.expiredLeases)} expired`],
    [
      'lag',
      Object.entries(lag)
        .map(([group, records]) => `${group} ${formatNumber(records)}`)
        .join(', '),
    ],
    ['rechecked', formatNumber(counts.rechecked)],
  ];
  return rows.map(([name, value]) => `${name.padEnd(13)} ${value}`);
}

function lineOf({ kind, subject, message }: Finding): string {
  return subject === undefined ? `${kind}: ${message}` : `${kind} ${subject}: ${message}`;
}

export function formatVerificationAsJson({
  counts,
  oldestUnpublished,
  lag,
  findings,
  found,
}: VerificationResult): string {
  return JSON.stringify({
    agrees: found === 0,
    counts,
    oldestUnpublished: oldestUnpublished ?? null,
    lag,
    found,
    findings,
  });
}
