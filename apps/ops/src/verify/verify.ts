/**
 * Holds journal, topics, read model and deliveries of a running system against each other. The journal decides.
 * What disagrees may only be on its way: it is looked at again until it agrees or patience ends.
 */
import type { JournalView, OverLease } from '@latchkey/auth/verifying';
import type { Groups, LogReader } from '@latchkey/bus';
import { ACCOUNTS_TOPIC, topics } from '@latchkey/events';
import type { DeliveryView } from '@latchkey/notifier/verifying';
import type { ProfileView } from '@latchkey/user/verifying';
import type { Tell } from '../tell.ts';
import { inWords } from './compare-log.ts';
import { createFindings, type Finding } from './findings.ts';
import { followTopics } from './follow-topics.ts';
import { createLook } from './look.ts';
import { runPass } from './pass.ts';
import { type Concerns, passesOver } from './passes.ts';
import { type Counts, createTally, type Tally } from './tally.ts';
import { createTopicBook } from './topic-book.ts';

export interface Sources {
  readonly journal: Pick<JournalView, 'streams' | 'stream' | 'leasesOver'>;
  readonly log: LogReader;
  /** Asked by our names of the topics. */
  readonly groups: Pick<Groups, 'progressOf'>;
  readonly profiles: ProfileView;
  readonly deliveries: DeliveryView;
  /** What a topic is called on the log. */
  nameOf(topic: string): string;
}

export interface Conduct {
  /** How long what disagrees is looked at again, and how long to wait between two looks, in ms. */
  readonly patienceMs: number;
  readonly pauseMs: number;
  /** Records of the topics that are held at a time; where there are more, it takes several passes. */
  readonly recordsAtOnce: number;
  /** Findings that are kept; the others are counted. */
  readonly mostFindings: number;
  now(): Date;
  /** Told all the time. */
  readonly progress: Tell;
}

export interface Verification {
  readonly counts: Readonly<Counts>;
  /** When the oldest commit in the outbox was appended. */
  readonly oldestUnpublished: Date | undefined;
  /** Records that each group has not read yet. */
  readonly lag: Readonly<Record<string, number>>;
  /** The first of them. */
  readonly findings: readonly Finding[];
  /** How many there are. None: everything agrees. */
  readonly found: number;
}

export async function verify(sources: Sources, conduct: Conduct): Promise<Verification> {
  const findings = createFindings(conduct.mostFindings);
  const tally = createTally();
  const passes = passesOver(await recordsIn(sources), conduct.recordsAtOnce);
  for (const [index, concerns] of passes.entries()) {
    const prefix = passes.length > 1 ? `pass ${index + 1} of ${passes.length}: ` : '';
    const progress: Tell = (what, done) => conduct.progress(prefix + what, done);
    tally.counts.withoutKey += await verifyPart(
      sources,
      { ...conduct, progress },
      { concerns, tally, findings },
    );
  }
  findings.add(await forgottenLeases(sources, conduct.now(), tally));
  return {
    counts: tally.counts,
    oldestUnpublished: tally.oldestUnpublished(),
    lag: await lagOf(sources),
    findings: findings.kept(),
    found: findings.count(),
  };
}

function namesIn({ nameOf }: Sources): readonly string[] {
  return topics.map(({ name }) => nameOf(name));
}

async function recordsIn(sources: Sources): Promise<number> {
  const ranges = await Promise.all(namesIn(sources).map((name) => sources.log.ranges(name)));
  return ranges.flat().reduce((sum, { start, end }) => sum + end - start, 0);
}

/** @returns how many records tell no account. */
async function verifyPart(
  sources: Sources,
  conduct: Conduct,
  {
    concerns,
    tally,
    findings,
  }: { concerns: Concerns; tally: Tally; findings: ReturnType<typeof createFindings> },
): Promise<number> {
  const { journal, log, profiles } = sources;
  const book = createTopicBook(concerns);
  await runPass({
    ...conduct,
    concerns,
    journal,
    profiles,
    book,
    topics: followTopics({ log, topics: namesIn(sources), book, progress: conduct.progress }),
    look: createLook({ ...sources, book, now: conduct.now }),
    done(look) {
      tally.add(look);
      findings.add(look.findings);
    },
    doubted() {
      tally.counts.lookedAgain += 1;
    },
  });
  return book.withoutKey();
}

/** A lease that has been over for so long is not going to be taken over. */
const FORGOTTEN_MS = 60_000;

/** Jobs are taken up when there is something to do; mails and requests wait to be. */
async function forgottenLeases(
  { journal, deliveries }: Sources,
  now: Date,
  { counts }: Tally,
): Promise<readonly Finding[]> {
  const over = [...(await journal.leasesOver(now)), ...(await deliveries.leasesOver(now))];
  counts.leasesOver = over.length;
  return over.flatMap(
    ({ of, name, endedAt }: OverLease | Awaited<ReturnType<DeliveryView['leasesOver']>>[number]) => {
      const age = now.getTime() - endedAt.getTime();
      if (of === 'job' || age < FORGOTTEN_MS) return [];
      return [
        { kind: 'lease-over', says: `the lease of ${of} ${name} has been over for ${inWords(age)}` } as const,
      ];
    },
  );
}

async function lagOf({ groups, profiles, deliveries }: Sources): Promise<Readonly<Record<string, number>>> {
  async function lag(group: string, names: readonly string[]) {
    const { records, read } = await groups.progressOf(group, names);
    return [group, records - read] as const;
  }
  return Object.fromEntries([
    await lag(profiles.group, [ACCOUNTS_TOPIC]),
    await lag(
      deliveries.group,
      topics.map(({ name }) => name),
    ),
  ]);
}
