/** Formats a verification as text for people and as JSON for programs. Neither contains personal data. */
import { type Finding, formatAge, type Verification } from '@latchkey/verify';
import { amount, counted } from './progress.ts';

/** The most findings that are printed; the rest are only counted. */
const MAX_LINES = 50;

export function linesOf(verification: Verification, now: Date): readonly string[] {
  const { findings, found } = verification;
  const shown = findings.slice(0, MAX_LINES);
  return [
    ...overview(verification, now),
    '',
    ...shown.map(lineOf),
    ...(found > shown.length ? [`… and ${amount(found - shown.length)} more`] : []),
    found === 0 ? 'Everything agrees.' : `${counted(found, 'finding')}.`,
  ];
}

function overview({ counts, oldestUnpublished, lag }: Verification, now: Date): readonly string[] {
  const oldest =
    oldestUnpublished === undefined
      ? ''
      : `, the oldest for ${formatAge(now.getTime() - oldestUnpublished.getTime())}`;
  const rows: readonly (readonly [string, string])[] = [
    ['accounts', `${amount(counts.accounts)} in the journal, ${amount(counts.profiles)} in the read model`],
    ['mailings', amount(counts.mailings)],
    [
      'events',
      `${amount(counts.events)} in the journal, ${amount(counts.onTopic)} of them on the topics, in order`,
    ],
    [
      'also',
      `${amount(counts.repeated)} repeated, ${amount(counts.outOfOrder)} early and repeated in order, ${amount(counts.unreadable)} unreadable, ${amount(counts.withoutKey)} without a usable key`,
    ],
    ['unpublished', `${counted(counts.unpublished, 'commit')}${oldest}`],
    ['parked', counted(counts.parked, 'account')],
    ['mails', `${amount(counts.owed)} owed, ${amount(counts.recorded)} of them recorded`],
    ['leases', `${amount(counts.expiredLeases)} expired`],
    [
      'lag',
      Object.entries(lag)
        .map(([group, records]) => `${group} ${amount(records)}`)
        .join(', '),
    ],
    ['rechecked', amount(counts.rechecked)],
  ];
  return rows.map(([name, value]) => `${name.padEnd(13)} ${value}`);
}

function lineOf({ kind, subject, message }: Finding): string {
  return subject === undefined ? `${kind}: ${message}` : `${kind} ${subject}: ${message}`;
}

export function jsonOf({ counts, oldestUnpublished, lag, findings, found }: Verification): string {
  return JSON.stringify({
    agrees: found === 0,
    counts,
    oldestUnpublished: oldestUnpublished ?? null,
    lag,
    found,
    findings,
  });
}
