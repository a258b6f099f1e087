/** Rules about the content that erasures leave in the journal and in an embedded log: docs/erasure.md. */
import { isDeepStrictEqual } from 'node:util';
import { getStreamId } from '../../support/kcat.ts';
import { findErasedStreams, formatLogPosition, parseEventData } from './erasure-rules.ts';
import { createViolations, type Violation } from './report.ts';
import type { Commit, CommitEvent, EventData, ReplacedRows, StoreContents, TopicRecord } from './stored.ts';

/** The header of the salt, without which the digest of a person's data reveals nothing. */
const SALT = 'ce_personsalt';

/**
 * Checks that the commits of erased accounts contain neither personal data nor salts. Records on Kafka are
 * not checked here, because an erasure does not change them in place.
 */
export function checkErasedCommits(commits: readonly Commit[]): readonly Violation[] {
  const erased = findErasedStreams(commits);
  return commits
    .filter(({ stream, events }) => erased.has(stream) && events.some(isPersonal))
    .flatMap((commit) => createViolations('erased data', `${nameOf(commit)} still has personal data`));
}

/**
 * Checks the embedded log and the journal of a standalone. The records of erased accounts must contain no
 * personal data and no salt. The standalone must not have replaced anything else.
 */
export function checkReplacedRows(
  { commits, records }: Pick<StoreContents, 'commits' | 'records'>,
  replaced: ReplacedRows,
): readonly Violation[] {
  const erased = findErasedStreams(commits);
  const commitsNow = new Map(commits.map((commit) => [nameOf(commit), commit]));
  const recordsNow = new Map(records.map((record) => [formatLogPosition(record), record]));
  const topics = new Set(records.map(({ topic }) => topic));
  return [
    ...records
      .filter((record) => erased.has(getStreamId(record)) && hasPersonalData(record))
      .flatMap((record) =>
        createViolations('erased data', `record ${formatLogPosition(record)} still has personal data`),
      ),
    ...replaced.commits
      .filter((commit) => {
        const now = commitsNow.get(nameOf(commit));
        return (
          !erased.has(commit.stream) || !isErasedForm(commit.events.map(partsOf), now?.events.map(partsOf))
        );
      })
      .flatMap((commit) =>
        createViolations('erased data', `more than the person of ${nameOf(commit)} was replaced`),
      ),
    ...replaced.records
      // Skip the records of other topics: the checker has not read them, so their current content is unknown.
      .filter(({ topic }) => topics.has(topic))
      .filter((record) => {
        const now = recordsNow.get(formatLogPosition(record));
        return (
          !erased.has(getStreamId(record)) ||
          !isErasedForm([recordPartsOf(record)], now && [recordPartsOf(now)])
        );
      })
      .flatMap((record) =>
        createViolations(
          'erased data',
          `more than the person of record ${formatLogPosition(record)} was replaced`,
        ),
      ),
  ];
}

function nameOf({ stream, number }: Pick<Commit, 'stream' | 'number'>): string {
  return `commit ${number} of ${stream}`;
}

function isPersonal({ data, private: kept = {}, chain }: CommitEvent): boolean {
  const hasPrivate = Object.values(kept).some((value) => value !== '');
  return Boolean(data.person) || hasPrivate || chain?.person?.salt !== undefined;
}

/** Returns whether a record contains personal data, or the salt of the digest of personal data. */
export function hasPersonalData(record: TopicRecord): boolean {
  return Boolean(parseEventData(record)?.person) || record.headers[SALT] !== undefined;
}

/**
 * The two parts of an event. An erasure must not change `lasting`, and removes the personal data from `data`.
 */
interface Parts {
  readonly lasting: object;
  readonly data: EventData | undefined;
}

function partsOf({ id, type, time, version, data }: CommitEvent): Parts {
  return { lasting: { id, type, time, version }, data };
}

function recordPartsOf(record: TopicRecord): Parts {
  const { [SALT]: _, ...headers } = record.headers;
  return { lasting: { key: record.key, headers }, data: parseEventData(record) };
}

/** Returns whether `now` equals `before`, apart from the personal data. */
function isErasedForm(before: readonly Parts[], now: readonly Parts[] | undefined): boolean {
  return isDeepStrictEqual(before.map(withoutPerson), now?.map(withoutPerson));
}

function withoutPerson({ lasting, data }: Parts): Parts {
  return { lasting, data: data?.person === undefined ? data : { ...data, person: null } };
}
