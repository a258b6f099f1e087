/** One look at some streams of the journal, and at what the others hold of them. */
import type { JournaledStream } from '@latchkey/auth/verifying';
import { accountsTopic, type EventTopic, mailingsTopic } from '@latchkey/events';
import type { DeliveryView, OwedDelivery } from '@latchkey/notifier/verifying';
import type { Account, ProfileView } from '@latchkey/user/verifying';
import { compareLog, type LogVerdict } from './compare-log.ts';
import { compareProfile } from './compare-profile.ts';
import type { Finding } from './findings.ts';
import type { TopicBook, TopicEntry } from './topic-book.ts';

export interface StreamLook {
  readonly stream: JournaledStream;
  readonly isMailing: boolean;
  readonly entry: TopicEntry;
  readonly log: LogVerdict;
  /** In the read model. */
  readonly stored: Account | undefined;
  readonly owed: number;
  readonly recorded: number;
  /** None: they agree. */
  readonly findings: readonly Finding[];
}

export interface LookDeps {
  readonly book: TopicBook;
  readonly profiles: Pick<ProfileView, 'load'>;
  readonly deliveries: Pick<DeliveryView, 'owedBy' | 'recorded'>;
  /** What a topic is called on the log. */
  nameOf(topic: string): string;
  now(): Date;
}

/** The streams were read after the book was filled. */
export function createLook(deps: LookDeps) {
  return async (streams: readonly JournaledStream[]): Promise<readonly StreamLook[]> => {
    if (streams.length === 0) return [];
    const logs = streams.map((stream) => lookAtLog(deps, stream));
    const accounts = logs.filter(({ isMailing }) => !isMailing).map(({ stream }) => stream.id);
    const stored = await deps.profiles.load(accounts);
    const recorded = await recordedOf(
      deps.deliveries,
      logs.flatMap(({ debts }) => debts.flatMap(({ owed }) => owed)),
    );

    return logs.map(({ debts, ...look }) => {
      const account = stored.get(look.stream.id);
      const owed = debts.flatMap((debt) => debt.owed);
      return {
        ...look,
        stored: account,
        owed: owed.length,
        recorded: owed.filter(({ id }) => recorded.has(id)).length,
        findings: [
          ...look.log.findings,
          ...(look.isMailing ? [] : compareProfile(look.stream, look.log.reach, account)),
          ...debts.flatMap((debt) => unpaid(look.stream, debt, recorded)),
        ],
      };
    });
  };
}

function lookAtLog({ book, deliveries, nameOf, now }: LookDeps, stream: JournaledStream) {
  const isMailing = stream.events[0]?.event.type === 'MailRequested';
  const topic = isMailing ? mailingsTopic : accountsTopic;
  const entry = book.of(stream.id);
  const log = compareLog({
    stream,
    entry,
    topic: nameOf(topic.name),
    now: now(),
    ...keptSince(topic, now()),
  });
  const debts = log.visible.map((event) => ({ event, owed: deliveries.owedBy(event) }));
  return { stream, isMailing, entry, log, debts };
}

function keptSince({ retentionMs }: EventTopic, now: Date) {
  return retentionMs < 0 ? {} : { keptSince: new Date(now.getTime() - retentionMs) };
}

/** An event, and the deliveries that it asks for. */
interface Debt {
  readonly event: LogVerdict['visible'][number];
  readonly owed: readonly OwedDelivery[];
}

function unpaid(
  { id }: JournaledStream,
  { event, owed }: Debt,
  recorded: ReadonlySet<string>,
): readonly Finding[] {
  const lacking = owed.filter((delivery) => !recorded.has(delivery.id));
  const [first] = lacking;
  if (first === undefined) return [];
  const many =
    owed.length === 1 ? 'it is not recorded' : `${lacking.length} of ${owed.length} are not recorded`;
  const { sequence, type } = event;
  const says = `event ${sequence} (${type}) owes the mail ${first.mail}: ${many}`;
  return [{ kind: 'delivery-missing', subject: id, sequence, says }];
}

const IDS_AT_ONCE = 1000;

async function recordedOf(
  deliveries: Pick<DeliveryView, 'recorded'>,
  owed: readonly OwedDelivery[],
): Promise<ReadonlySet<string>> {
  const recorded = new Set<string>();
  for (let at = 0; at < owed.length; at += IDS_AT_ONCE) {
    const ids = owed.slice(at, at + IDS_AT_ONCE).map(({ id }) => id);
    for (const id of await deliveries.recorded(ids)) recorded.add(id);
  }
  return recorded;
}
