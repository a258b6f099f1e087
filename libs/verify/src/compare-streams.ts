/** Compares streams of the journal with the topics, the read model and the deliveries. */
import { accountsTopic, type EventTopic, mailingsTopic } from '@latchkey/events';
import { compareStreamWithLog, type LogComparison } from './compare-log.ts';
import { compareProfileWithJournal } from './compare-profile.ts';
import type { Finding } from './findings.ts';
import { splitIntoNonBlockingChunks } from './non-blocking-chunks.ts';
import { type LookUpPublicKey, reportUnsignedEvents } from './signatures.ts';
import type { TopicEntry, TopicIndex } from './topic-index.ts';
import type { DeliveryView, JournaledStream, OwedDelivery, ProfileView, StoredAccount } from './views.ts';

export interface StreamComparison {
  readonly stream: JournaledStream;
  readonly isMailing: boolean;
  readonly entry: TopicEntry;
  readonly log: LogComparison;
  /** The account as it is in the read model. */
  readonly stored: StoredAccount | undefined;
  /**
   * The number of deliveries that the events must cause. `recorded` is how many of these deliveries the
   * notifier has recorded.
   */
  readonly owed: number;
  readonly recorded: number;
  /** The disagreements between the stores; empty if there are none. */
  readonly findings: readonly Finding[];
}

export interface CompareStreamsDeps {
  readonly index: TopicIndex;
  readonly profiles: Pick<ProfileView, 'load'>;
  readonly deliveries: Pick<DeliveryView, 'owedBy' | 'recorded'>;
  /** Returns the name that a topic has on the log. @param topic Latchkey's own name of the topic */
  nameOf(topic: string): string;
  now(): Date;
  /** Looks up a public key by its id. Without this function, signatures are not checked. */
  readonly keyOf?: LookUpPublicKey;
}

/**
 * How many events are compared in one turn of the event loop. One event takes about a fifth of a millisecond.
 */
const EVENTS_PER_TURN = 100;

/**
 * Compares streams of the journal with the other stores, in several turns of the event loop, so that other
 * work can run in between.
 * @param streams must be read from the journal after the topics were read into `deps.index`
 */
export async function compareStreams(
  deps: CompareStreamsDeps,
  streams: readonly JournaledStream[],
): Promise<readonly StreamComparison[]> {
  const compared: StreamComparison[] = [];
  for await (const part of splitIntoNonBlockingChunks(
    streams,
    EVENTS_PER_TURN,
    ({ events }) => events.length + 1,
  ))
    compared.push(...(await comparePart(deps, part)));
  return compared;
}

async function comparePart(
  deps: CompareStreamsDeps,
  streams: readonly JournaledStream[],
): Promise<readonly StreamComparison[]> {
  if (streams.length === 0) return [];
  const logs = await Promise.all(streams.map((stream) => compareWithLog(deps, stream)));
  const accounts = logs.filter(({ isMailing }) => !isMailing).map(({ stream }) => stream.id);
  const stored = await deps.profiles.load(accounts);
  const recorded = await recordedOf(
    deps.deliveries,
    logs.flatMap(({ calls }) => calls.flatMap(({ owed }) => owed)),
  );

  return logs.map(({ calls, unsigned, ...compared }) => {
    const account = stored.get(compared.stream.id);
    const owed = calls.flatMap((call) => call.owed);
    return {
      ...compared,
      stored: account,
      owed: owed.length,
      recorded: owed.filter(({ id }) => recorded.has(id)).length,
      findings: [
        ...compared.log.findings,
        ...unsigned,
        ...(compared.isMailing
          ? []
          : compareProfileWithJournal(compared.stream, compared.log.onTopic, account)),
        ...calls.flatMap((call) => missingDeliveries(compared.stream, call, recorded)),
      ],
    };
  });
}

async function compareWithLog(
  { index, deliveries, nameOf, now, keyOf }: CompareStreamsDeps,
  stream: JournaledStream,
) {
  const isMailing = stream.events[0]?.event.type === 'MailRequested';
  const topic = isMailing ? mailingsTopic : accountsTopic;
  const entry = index.entryOf(stream.id);
  const log = compareStreamWithLog({
    stream,
    entry,
    topic: nameOf(topic.name),
    now: now(),
    ...keptSince(topic, now()),
  });
  const calls = log.visible.map((event) => ({ event, owed: deliveries.owedBy(event) }));
  const unsigned = await reportUnsignedEvents(
    { stream, entry, topic: nameOf(topic.name), keyOf },
    log.onTopic,
  );
  return { stream, isMailing, entry, log, unsigned, calls };
}

function keptSince({ retentionMs }: EventTopic, now: Date) {
  return retentionMs < 0 ? {} : { keptSince: new Date(now.getTime() - retentionMs) };
}

/** An event, and the deliveries that it must cause. */
interface DeliveryCall {
  readonly event: LogComparison['visible'][number];
  readonly owed: readonly OwedDelivery[];
}

function missingDeliveries(
  { id }: JournaledStream,
  { event, owed }: DeliveryCall,
  recorded: ReadonlySet<string>,
): readonly Finding[] {
  const missing = owed.filter((delivery) => !recorded.has(delivery.id));
  const [first] = missing;
  if (first === undefined) return [];
  const { sequence, type } = event;
  const count = owed.length === 1 ? 'it is not' : `${missing.length} of ${owed.length} are not`;
  const message = `event ${sequence} (${type}) calls for the mail ${first.mail}: ${count} recorded`;
  return [{ kind: 'delivery-missing', subject: id, sequence, message }];
}

const IDS_PER_QUERY = 1000;

async function recordedOf(
  deliveries: Pick<DeliveryView, 'recorded'>,
  owed: readonly OwedDelivery[],
): Promise<ReadonlySet<string>> {
  const recorded = new Set<string>();
  for (let at = 0; at < owed.length; at += IDS_PER_QUERY) {
    const ids = owed.slice(at, at + IDS_PER_QUERY).map(({ id }) => id);
    for (const id of await deliveries.recorded(ids)) recorded.add(id);
  }
  return recorded;
}
