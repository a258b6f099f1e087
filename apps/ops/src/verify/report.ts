/** A verification in lines for people, and as JSON for programs. Neither names anybody. */
import { amount, counted } from '../progress.ts';
import { inWords } from './compare-log.ts';
import type { Finding } from './findings.ts';
import type { Verification } from './verify.ts';

/** Lines of findings; the others are counted. */
const MOST_LINES = 50;

export function linesOf(verification: Verification, now: Date): readonly string[] {
  const { findings, found } = verification;
  const shown = findings.slice(0, MOST_LINES);
  return [
    ...overview(verification, now),
    '',
    ...shown.map(lineOf),
    ...(found > shown.length ? [`… and ${amount(found - shown.length)} more`] : []),
    found === 0 ? 'Everything agrees.' : `${counted(found, 'finding')}.`,
  ];
}

function overview({ counts, oldestUnpublished, lag }: Verification, now: Date): readonly string[] {
  const c = counts;
  const oldest =
    oldestUnpublished === undefined
      ? ''
      : `, the oldest for ${inWords(now.getTime() - oldestUnpublished.getTime())}`;
  const rows: readonly (readonly [string, string])[] = [
    ['accounts', `${amount(c.accounts)} in the journal, ${amount(c.profiles)} in the read model`],
    ['mailings', amount(c.mailings)],
    [
      'events',
      `${amount(c.events)} in the journal, ${amount(c.onTopic)} of them on the topics, in their order`,
    ],
    [
      'besides',
      `${amount(c.repeated)} repeated, ${amount(c.outOfTurn)} early and repeated in turn, ${amount(c.unreadable)} unreadable, ${amount(c.withoutKey)} without a usable key`,
    ],
    ['unpublished', `${counted(c.unpublished, 'commit')}${oldest}`],
    ['parked', counted(c.parked, 'account')],
    ['mails', `${amount(c.owed)} owed, ${amount(c.recorded)} of them recorded`],
    ['leases', `${amount(c.leasesOver)} over`],
    [
      'lag',
      Object.entries(lag)
        .map(([group, records]) => `${group} ${amount(records)}`)
        .join(', '),
    ],
    ['looked again', `at ${amount(c.lookedAgain)}`],
  ];
  return rows.map(([name, value]) => `${name.padEnd(13)} ${value}`);
}

function lineOf({ kind, subject, says }: Finding): string {
  return subject === undefined ? `${kind}: ${says}` : `${kind} ${subject}: ${says}`;
}

/** One object, with the findings that were kept. */
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
