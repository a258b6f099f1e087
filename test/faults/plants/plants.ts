/**
 * Bugs to plant in the sources. They are typical of event-sourced systems. Each bug is a small change, and
 * only its effects during a run can reveal it.
 */
import type { Rule } from '../checker/report.ts';
import type { Provocation } from './provocations.ts';

/** A change of a source file: replaces a string that must occur exactly once in the file. */
export interface SourcePatch {
  readonly file: string;
  readonly search: string;
  readonly replacement: string;
}

export interface PlantedBug {
  readonly name: string;
  readonly bug: readonly SourcePatch[];
  /** The name of the provocation that makes the bug visible. */
  readonly provokedBy: Provocation;
  /** The rules that can detect the bug. At least one of them must be violated. */
  readonly caughtBy: readonly Rule[];
}

const PUBLISHER = 'services/auth/src/relay/publisher.ts';
const JOURNAL = 'services/auth/src/storage/mongo/journal.ts';
const REGISTRATIONS = 'services/auth/src/storage/mongo/registrations.ts';
const INTAKE = 'services/notifier/src/intake/intake.ts';
const DELIVERIES = 'services/notifier/src/storage/mongo/deliveries.ts';
const DISPATCHER = 'services/notifier/src/sending/dispatcher.ts';
const AUTHENTICATE = 'libs/consumer/src/authenticate.ts';
const PERSONAL_DATA = 'services/auth/src/storage/mongo/personal-data.ts';
const ERASE = 'services/auth/src/erasure/erase.ts';
const CONFIRM_ERASURES = 'services/user/src/projection/confirm-erasures.ts';
const REFRESH = 'services/auth/src/sessions/refresh.ts';
const STATE = 'services/auth/src/account/state.ts';
const FEED = 'libs/feed/src/feed.ts';
const DELIVER = 'libs/webhooks/src/deliver.ts';
const NEXT_STEP = 'libs/consumer/src/next-step.ts';
const POINTER_CACHE = 'services/user/src/projection/pointer-cache.ts';
const COMPARE_PROFILE = 'libs/verify/src/compare-profile.ts';
const PARTITION_CONSUMER = 'libs/bus/src/kafka/partition-consumer.ts';
const MOVED_DELIVERIES = 'services/notifier/src/storage/mongo/moving.ts';
const MOVED_ACCOUNTS = 'services/auth/src/ops.ts';
const MOVED_WEBHOOKS = 'libs/webhooks/src/move.ts';

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'a commit is marked as published before Kafka has acknowledged it',
    bug: [
      {
        file: PUBLISHER,
        search: '    const observe = metrics.publishSeconds.startTimer();\n',
        replacement:
          '    const observe = metrics.publishSeconds.startTimer();\n    await outbox.markPublished(batch);\n',
      },
    ],
    provokedBy: 'Kafka is unreachable',
    caughtBy: ['topic'],
  },
  {
    name: 'the relay keeps a position in time, and skips commits that are written late',
    bug: [
      {
        file: PUBLISHER,
        search: '  const blocked = new Set<string>();\n',
        replacement: "  const blocked = new Set<string>();\n  let position = '';\n",
      },
      {
        file: PUBLISHER,
        search: '      const group = commits.slice(from, from + ENCODED_AT_ONCE);\n',
        replacement: `      const group = commits.slice(from, from + ENCODED_AT_ONCE).filter(({ at }) => at > position);
      position = group.at(-1)?.at ?? position;
`,
      },
    ],
    provokedBy: 'several people at once',
    caughtBy: ['unpublished'],
  },
  {
    name: 'a consumer applies events of a history that has forked',
    bug: [
      {
        file: NEXT_STEP,
        search: "if (fork !== undefined) return { kind: 'park', blocker: fork };",
        replacement: "if (fork !== undefined && false) return { kind: 'park', blocker: fork };",
      },
    ],
    provokedBy: 'an older journal is restored',
    caughtBy: ['forks'],
  },
  {
    name: 'a process keeps answering with the generation that it has read first',
    bug: [
      {
        file: POINTER_CACHE,
        search: '    cached = { pointer, at };\n',
        replacement:
          '    const { active } = Number.isFinite(cached.at) ? cached.pointer : pointer;\n    cached = { pointer: { ...pointer, active }, at };\n',
      },
    ],
    provokedBy: 'the read model is rebuilt',
    caughtBy: ['generations'],
  },
  {
    name: 'ops verify does not compare how many events a profile includes',
    bug: [{ file: COMPARE_PROFILE, search: 'sequence < onTopic', replacement: 'sequence < 0' }],
    provokedBy: 'an older read model is restored',
    caughtBy: ['restored read model'],
  },
  {
    name: 'a command is appended in two inserts',
    bug: [
      {
        file: JOURNAL,
        search: '        await commits.insertOne(toCommitDocument(commit));\n',
        replacement: `        const { events: [first, ...rest], claims: _, ...same } = commit;
        await commits.insertOne(toCommitDocument({ ...commit, events: [first] }));
        const { commandId, number, sequence } = commit;
        const next = { commandId: commandId + '-2', number: number + 1, sequence: sequence + 1 };
        if (rest.length > 0) await commits.insertOne(toCommitDocument({ ...same, ...next, events: rest }));
`,
      },
    ],
    provokedBy: 'several people at once',
    caughtBy: ['whole commits'],
  },
  {
    name: 'the claim on an address is released once the sign-up is verified',
    bug: [
      {
        file: REGISTRATIONS,
        search: '      await commits.updateOne({ stream, ...isOpen }, { $unset: { registration: 1 } });\n',
        replacement: `      await commits.updateOne({ stream, ...isOpen }, { $unset: { registration: 1 } });
      await commits.updateMany({ stream }, { $unset: { claims: 1 } });
`,
      },
    ],
    provokedBy: 'several people at once',
    caughtBy: ['claims'],
  },
  {
    name: 'the position moves before the slice has been handled',
    bug: [
      {
        file: PARTITION_CONSUMER,
        search:
          "    const handled = await persist(deps, control, 'a batch of records failed and is retried', () =>",
        replacement: `    if (last) await run.moveTo(last);
    const handled = await persist(deps, control, 'a batch of records failed and is retried', () =>`,
      },
    ],
    provokedBy: 'consumers are killed while their store is down',
    caughtBy: ['read model', 'mails'],
  },
  {
    name: 'the intake does not wait until its deliveries are stored',
    bug: [
      {
        file: INTAKE,
        search: `    const result = await dispatcher.claimNew(added.length, (claim) => deliveries.record(batch, now(), claim));
    for (const { subject } of erased) await erase(subject);
    await confirm(erased);
    if (result.added > result.claimed.length) dispatcher.wake();
`,
        replacement: `    void deliveries.record(batch, now()).then(dispatcher.wake, () => undefined);
    for (const { subject } of erased) await erase(subject);
    await confirm(erased);
`,
      },
    ],
    provokedBy: 'consumers are killed while their store is down',
    caughtBy: ['mails'],
  },
  {
    name: 'the last event of an account is applied again when its record is repeated',
    bug: [
      {
        file: NEXT_STEP,
        search: "if (sequence <= last) return { kind: 'duplicate' };",
        replacement: `if (sequence === last) return { kind: 'due', record };
  if (sequence < last) return { kind: 'duplicate' };`,
      },
    ],
    provokedBy: 'a record is repeated',
    caughtBy: ['parked', 'read model'],
  },
  {
    name: 'a mail is claimed although another process holds its lease',
    bug: [
      {
        file: DELIVERIES,
        search: '    const due = pendingDueAt(now);\n    const found',
        replacement: `    const due = { $or: [pendingDueAt(now), { state: 'claimed' as const }] };
    const found`,
      },
    ],
    provokedBy: 'the mail server is slow',
    caughtBy: ['duplicate mails'],
  },
  {
    name: 'an attempt names its claim instead of its process',
    bug: [{ file: DISPATCHER, search: 'sender: deps.sender,', replacement: 'sender: lease.owner,' }],
    provokedBy: 'several people at once',
    caughtBy: ['senders'],
  },
  {
    name: 'a claim ignores the cutoffs',
    bug: [
      {
        file: DELIVERIES,
        search: 'reaching.some((cutoff) => isDeliveryStoppedByCutoff(cutoff, delivery));',
        replacement: 'reaching.some((cutoff) => isDeliveryStoppedByCutoff(cutoff, delivery) && false);',
      },
    ],
    provokedBy: 'a claimed mail is superseded',
    caughtBy: ['superseded mails'],
  },
  {
    name: 'a process records the outcome of a mail after it has lost the lease',
    bug: [
      {
        file: DELIVERIES,
        search: 'deliveries.updateOne({ _id: id, owner }, outcomeOf(settlement))',
        replacement: 'deliveries.updateOne({ _id: id }, outcomeOf(settlement))',
      },
    ],
    provokedBy: 'a sender is paused while it sends a mail',
    caughtBy: ['mails', 'leases'],
  },
  {
    name: 'a signature is accepted without verification',
    bug: [
      {
        file: AUTHENTICATE,
        search: '    else if (!(await isGenuine(key, proof.hash, proof.signature)))\n',
        replacement: '    else if (!(await isGenuine(key, proof.hash, proof.signature)) && false)\n',
      },
    ],
    provokedBy: 'somebody forges records',
    caughtBy: ['forged records', 'read model'],
  },
  {
    name: 'an erasure leaves the person in the journal',
    bug: [
      {
        file: PERSONAL_DATA,
        search: '        $set: { events: erasePersonFromEvents(events), ',
        replacement: '        $set: { events: erasePersonFromEvents(events) && events, ',
      },
    ],
    provokedBy: 'an account is erased',
    caughtBy: ['traces'],
  },
  {
    name: 'the events of an erased account are published again before the journal is erased',
    bug: [
      {
        file: ERASE,
        search: 'run: () => personalData.eraseCommits(userId) },',
        replacement:
          'run: () => publishCopiesWithoutPersonalData(deps, userId).then(() => personalData.eraseCommits(userId)) },',
      },
      {
        file: ERASE,
        search:
          '  if (deps.bus.replaceRecordsOf === undefined) await publishCopiesWithoutPersonalData(deps, erasing.account);\n',
        replacement: '',
      },
    ],
    provokedBy: 'an account is erased',
    caughtBy: ['erased copies'],
  },
  {
    name: 'a refresh uses the session that another request has loaded meanwhile',
    bug: [
      {
        file: REFRESH,
        search: 'export async function refreshSession(',
        replacement: 'let latest: Session;\nexport async function refreshSession(',
      },
      {
        file: REFRESH,
        search: `  const session = await findUnexpired(deps, named.sessionId);
`,
        replacement: `  latest = await findUnexpired(deps, named.sessionId);
  await deps.accounts.load(latest.userId);
  const session = latest;
`,
      },
    ],
    provokedBy: 'several people refresh at once',
    caughtBy: ['refresh tokens', 'answering account'],
  },
  {
    name: 'mails after a change of address go to the former address',
    bug: [
      {
        file: STATE,
        search: `    address,
    email: person?.email ?? '',
    passwordHash,
    previous:`,
        replacement: `    address,
    email: person?.previousEmail ?? '',
    passwordHash,
    previous:`,
      },
    ],
    provokedBy: 'an account changes its address',
    caughtBy: ['people'],
  },
  {
    name: 'a page of the feed skips the first event of its second partition',
    bug: [
      {
        file: FEED,
        search: 'for (const record of await genuine(records)) take(page, record);',
        replacement:
          'for (const record of (await genuine(records)).slice(Math.min(1, page.events.length))) take(page, record);',
      },
    ],
    provokedBy: 'several people at once',
    caughtBy: ['subscribers'],
  },
  {
    name: 'a webhook sends the events of a round backwards',
    bug: [
      {
        file: DELIVER,
        search: '    for await (const event of own) {\n',
        replacement: `    const all = [];
    for await (const event of own) all.unshift(event);
    for (const event of all) {
`,
      },
    ],
    provokedBy: 'webhooks are sent again',
    caughtBy: ['subscribers'],
  },
  {
    name: 'the user service erases a profile and does not confirm it',
    bug: [
      {
        file: CONFIRM_ERASURES,
        search: '    await deps.bus.publish(RECEIPTS_TOPIC, receipts);\n',
        replacement: '    await deps.bus.publish(RECEIPTS_TOPIC, receipts.slice(receipts.length));\n',
      },
    ],
    provokedBy: 'an account is erased',
    caughtBy: ['erasure receipts'],
  },
  {
    name: 'a move changes the ids of deliveries',
    bug: [
      {
        file: MOVED_DELIVERIES,
        search: '    _id: id,\n    ...delivery,',
        replacement: "    _id: id + '-moved',\n    ...delivery,",
      },
    ],
    provokedBy: 'a standalone is moved',
    caughtBy: ['duplicate mails', 'mails'],
  },
  {
    name: 'a move leaves the sessions out',
    bug: [
      {
        file: MOVED_ACCOUNTS,
        search:
          "      createRecordMove({ name: 'sessions', lasting: false }, source.sessions, target.sessions),\n",
        replacement: '',
      },
    ],
    provokedBy: 'a standalone is moved',
    caughtBy: ['account order'],
  },
  {
    name: 'a move forgets which events webhooks have sent',
    bug: [
      {
        file: MOVED_WEBHOOKS,
        search: "    createRecordMove({ name: 'sent events', lasting: false }, sent, target.sentBefore),\n",
        replacement: '',
      },
    ],
    provokedBy: 'a standalone is moved',
    caughtBy: ['subscribers'],
  },
];
