/**
 * Carries out one run: starts a system on its own servers, sends traffic during faults, waits until the
 * system is idle, and checks the run.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { getStreamId } from '../support/kcat.ts';
import { checkRun, type Report } from './checker/check.ts';
import { isForged } from './checker/forged-rules.ts';
import { readStores } from './checker/read-stores.ts';
import { computeMinimumCounts } from './minimums.ts';
import { runFaultPlan } from './nemesis/nemesis.ts';
import { MEDIUM_RUN_SECONDS, type PlannedFault } from './nemesis/schedule.ts';
import { createWorkCounters } from './nemesis/work.ts';
import { formatUnfinishedWork, waitUntilIdle } from './quiescence.ts';
import { createRandomGenerator } from './random.ts';
import {
  createRunFolder,
  type FaultLine,
  type LostChange,
  type ProfileSeenByAdmin,
  type RunDescription,
  type RunFolder,
} from './run-folder.ts';
import type { FaultSettings } from './settings.ts';
import { openCluster } from './system/cluster.ts';
import { switchGenerations } from './system/generations.ts';
import { openMovedStandalone } from './system/move.ts';
import { openMailSink } from './system/sink.ts';
import { openStandalone } from './system/standalone.ts';
import { SUBSCRIBER_NAMES } from './system/subscribers.ts';
import { createServiceSettings, type SystemOptions, type SystemUnderTest } from './system/under-test.ts';
import { type CommandSender, createCommandSender } from './traffic/command-sender.ts';
import { createChangeProfileCommand, createReadProfilesCommand } from './traffic/commands.ts';
import { createCustomerActions } from './traffic/customer.ts';
import type { Person } from './traffic/person.ts';
import { createVerifiedPerson, startTraffic } from './traffic/traffic.ts';

export interface RunResult {
  readonly seed: number;
  readonly seconds: number;
  /** Whether no rule was violated. */
  readonly ok: boolean;
  /** The work that was still unfinished at the end of the run, as text. */
  readonly unfinished: readonly string[];
  readonly report: Report;
  readonly faults: readonly FaultLine[];
  /**
   * The folder of the run; undefined if it was deleted. The folder is kept if something was wrong, or with `--keep`.
   */
  readonly folder: string | undefined;
}

export interface RunDeps {
  say(line: string): void;
  /** Ends the run early when it is aborted. The run is then not checked. */
  readonly signal: AbortSignal;
}

/**
 * The longest time to wait until the system is idle, in ms. It is longer than the lease of a mail whose sender
 * was killed, and longer than the backoff after a few refusals.
 */
const QUIET_WITHIN_MS = 300_000;
const READY_WITHIN_MS = 10_000;
/**
 * Two first names of the admin: LOST is set after the backup, so the restore loses it; NEXT is set after the
 * restore.
 */
const [LOST, NEXT] = ['Lost', 'Next'];
const CAUGHT_UP_WITHIN_MS = 120_000;

/**
 * Carries out one run of the fault suite: starts a system, sends traffic during faults, and checks the
 * records of the run.
 * @throws Error if the system or its servers do not start, or if the run was ended early
 */
export async function runFaultSuiteOnce(
  settings: FaultSettings,
  { say, signal }: RunDeps,
): Promise<RunResult> {
  const { seed, seconds } = settings;
  const startedAt = new Date();
  function soFar(): number {
    return Math.round((Date.now() - startedAt.getTime()) / 1000);
  }
  await using stack = new AsyncDisposableStack();
  const folder = createRunFolder(await mkdtemp(join(tmpdir(), 'latchkey-faults-')));
  say(`seed ${seed}, recorded in ${folder.path}`);
  const faults: FaultLine[] = [];
  function recordFault(line: FaultLine): void {
    faults.push(line);
    folder.fault(line);
  }

  const work = createWorkCounters();
  const sink = await openMailSink(folder.mail, work);
  stack.defer(sink.close);
  const options = {
    settings,
    say,
    work,
    sink,
    recordFault,
    recordReceived: folder.received,
    recordRemoved: folder.removed,
    replacedRowsFile: folder.replacedRowsFile,
  };
  let system = await openSystem(options, stack);
  say(`  ${seconds} s of traffic and faults, after ${soFar()} s`);
  const sender = createCommandSender({
    url: system.url,
    record: folder.command,
    nameOf: (origin) => system.nameOf(origin),
  });
  const {
    stop: stopTraffic,
    askFinally,
    readProfiles,
    switchAll,
    changeProfile,
    changeProfileAgain,
    loginAdmin,
  } = await beginTraffic({ settings, system: () => system, sender });
  stack.defer(stopTraffic);
  /**
   * Makes a backup, changes a profile, restores the backup, which loses this change, and changes the same
   * profile again.
   * @returns the lost change; undefined for a cluster
   */
  async function restoreBackup(): Promise<LostChange | undefined> {
    const { restoreBackup: restore, subscribers, stores } = system;
    if (restore === undefined) return undefined;
    await loginAdmin();
    await subscribers.forgetting(() =>
      restore(async () => {
        await changeProfile(LOST);
        await waitUntilIdle(stores, { withinMs: QUIET_WITHIN_MS, say });
        await subscribers.catchUp(CAUGHT_UP_WITHIN_MS);
      }),
    );
    const account = await changeProfileAgain(NEXT);
    await waitUntilIdle(stores, { withinMs: QUIET_WITHIN_MS, say });
    await subscribers.catchUp(CAUGHT_UP_WITHIN_MS, account);
    return { account, firstName: LOST, next: NEXT, forked: await subscribers.listForked() };
  }
  const planned: PlannedFault[] = [];
  /**
   * Causes the faults that are planned for the system, while the traffic continues.
   * @param partMs how long this takes, in ms
   */
  async function injectFaults(partMs: number): Promise<void> {
    const before = planned.length === 0 ? 0 : partMs;
    planned.push(...system.plan.flat().map((fault) => ({ ...fault, atMs: fault.atMs + before })));
    await Promise.all([
      runFaultPlan(system.plan, { ...system, record: recordFault, signal }),
      sleep(partMs, undefined, { signal }).catch(() => undefined),
    ]);
    signal.throwIfAborted();
  }
  if (system.move === undefined) await injectFaults(seconds * 1000);
  else {
    await injectFaults(seconds * 500);
    say(`  the standalone is moved to a cluster, after ${soFar()} s`);
    system = await system.move();
    say(`  the cluster is ready, after ${soFar()} s`);
    await injectFaults(seconds * 500);
  }
  await stopTraffic();

  say(`  calm, after ${soFar()} s`);
  const restoredReadModel = await system.repair();
  await waitUntilIdle(system.stores, { withinMs: QUIET_WITHIN_MS, say });
  const search = await system.findTraces();
  await askFinally();
  // Wait once more, because the final logins may have caused events and mails.
  const left = await waitUntilIdle(system.stores, { withinMs: QUIET_WITHIN_MS, say });
  const unfinished = [
    ...(Object.keys(left).length > 0 ? [`it does not come to rest: ${formatUnfinishedWork(left)}`] : []),
    ...(await unreadyOf(system)),
    ...(await findingsOf(system)),
  ];
  // Restore the backup before the generations are switched. The profiles that are read after each switch are
  // compared with the journal at the end of the run, and a restore changes the journal.
  const lostChange = settings.seconds < MEDIUM_RUN_SECONDS ? undefined : await restoreBackup();
  const switched = await switchAll();
  const shown = await readProfiles();
  await system.subscribers.catchUp(CAUGHT_UP_WITHIN_MS, lostChange?.account);
  await folder.close({
    seed,
    startedAt: startedAt.toISOString(),
    endedAt: new Date().toISOString(),
    shown,
    subscribers: SUBSCRIBER_NAMES,
    senders: system.senders(),
    ...(restoredReadModel && { restoredReadModel }),
    ...switched,
    ...(lostChange && { lostChange }),
    ...search,
    settings: {
      ...createServiceSettings(seed),
      FAULTS_SECONDS: seconds,
      FAULTS_RATE: settings.rate,
      FAULTS_MIX: settings.mix,
      FAULTS_PAUSES: settings.pauses,
    },
    minimums: computeMinimumCounts(settings, planned),
    servers: system.stores,
  });
  say(`  check, after ${soFar()} s`);
  const report = await checkRun(folder.path);
  const ok = report.ok && unfinished.length === 0;
  const isKept = settings.keep || !ok;
  if (isKept) await keepTraces(folder, system);
  else await rm(folder.path, { recursive: true });
  return {
    seed,
    seconds: soFar(),
    ok,
    unfinished,
    report,
    faults,
    folder: isKept ? folder.path : undefined,
  };
}

/** Returns the processes that are not ready although all faults are healed, as text. */
async function unreadyOf({ processes }: SystemUnderTest): Promise<readonly string[]> {
  const unready = await Promise.all(
    Array.from(processes, async ([name, { operations }]) => {
      const reply = await fetch(`${operations}/readyz`, {
        signal: AbortSignal.timeout(READY_WITHIN_MS),
      }).catch(() => undefined);
      return reply?.status === 200 ? [] : [`${name} is not ready: ${reply?.status ?? 'no answer'}`];
    }),
  );
  return unready.flat();
}

function openSystem(options: SystemOptions, stack: AsyncDisposableStack): Promise<SystemUnderTest> {
  const { embedded, move } = options.settings;
  if (move) return openMovedStandalone(options, stack);
  return embedded ? openStandalone(options, stack) : openCluster(options, stack);
}

interface TrafficNeeds {
  readonly settings: FaultSettings;
  /** Returns the system under test. After a move, this is the cluster. */
  system(): SystemUnderTest;
  readonly sender: CommandSender;
}

interface RunningTraffic {
  stop(): Promise<void>;
  /**
   * Logs in to every account whose erasure or change of address was requested. The history of the run then
   * shows the final state of these accounts.
   */
  askFinally(): Promise<void>;
  loginAdmin(): Promise<void>;
  /**
   * Changes the admin's first name without a record in the history of the run. Can be called only shortly
   * after a login of the admin.
   */
  changeProfile(firstName: string): Promise<void>;
  /** Changes the admin's first name. @returns the admin's account */
  changeProfileAgain(firstName: string): Promise<string>;
  /** Switches to another generation of the read model and back. After each switch, reads all profiles. */
  switchAll(): Promise<Pick<RunDescription, 'generations' | 'shownAfterSwitches'>>;
  /**
   * Returns the profiles of all accounts, as an admin reads them through the API.
   * @throws Error if they cannot be read
   */
  readProfiles(): Promise<readonly ProfileSeenByAdmin[]>;
}

/** Starts the traffic. Creates its first admin with an ops command. */
async function beginTraffic({ settings, system, sender }: TrafficNeeds): Promise<RunningTraffic> {
  const { seed, rate, mix } = settings;
  const { inboxes, ops } = system();
  const customer = createCustomerActions({ sender, inboxes, random: createRandomGenerator(seed) });
  const admin = await createVerifiedPerson(customer);
  await ops('role', admin.email, 'admin');
  await customer.login(admin);
  const { stop, askFinally } = startTraffic({ seed, rate, mix, admin, sender, inboxes });
  return {
    stop,
    askFinally,
    loginAdmin: () => customer.login(admin),
    changeProfile: async (firstName) => {
      const { path, method, json, token } = createChangeProfileCommand(admin, { firstName });
      const response = await fetch(`${system().url}/api/v1${path}`, {
        method,
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify(json),
      });
      if (response.status !== 200) throw new Error(`a profile was not changed: ${response.status}`);
    },
    changeProfileAgain: async (firstName) => {
      await sender.insist(createChangeProfileCommand(admin, { firstName }));
      return admin.id ?? '';
    },
    switchAll: async () => {
      const shownAfterSwitches: (readonly ProfileSeenByAdmin[])[] = [];
      if (settings.seconds < MEDIUM_RUN_SECONDS) return { generations: [], shownAfterSwitches };
      await customer.login(admin);
      const generations = await switchGenerations({
        ...system(),
        processes: system().readers,
        account: admin.id ?? '',
        token: admin.accessToken ?? '',
        onSwitched: async () => void shownAfterSwitches.push(await readAll(sender, admin)),
      });
      return { generations, shownAfterSwitches };
    },
    readProfiles: async () => {
      await customer.login(admin);
      return readAll(sender, admin);
    },
  };
}

async function readAll(sender: CommandSender, admin: Person): Promise<readonly ProfileSeenByAdmin[]> {
  const profiles: ProfileSeenByAdmin[] = [];
  let cursor: string | undefined;
  do {
    const { status, body } = await sender.insist(createReadProfilesCommand(admin, cursor));
    if (status !== 200) throw new Error(`the profiles are not shown: ${status ?? 'no answer'}`);
    profiles.push(...body.users);
    cursor = body.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return profiles;
}

/** The findings of `ops verify` about forged records. */
const ABOUT_FORGED: ReadonlySet<string> = new Set(['event-differs', 'event-unknown']);

interface Finding {
  readonly kind: string;
  readonly subject?: string;
  readonly message: string;
}

/**
 * Returns the findings of `ops verify` after all faults are healed, as text, except the expected findings
 * about forged records.
 */
async function findingsOf({ ops, stores }: SystemUnderTest): Promise<readonly string[]> {
  try {
    await ops('verify', '--json');
    return [];
  } catch (error) {
    const { stdout = '', message } = error as Error & { readonly stdout?: string };
    if (!stdout.startsWith('{')) return [`ops verify: ${message}`];
    const { findings, found }: { findings: readonly Finding[]; found: number } = JSON.parse(stdout);
    const { records } = await readStores(stores);
    const forged = new Set(records.filter(isForged).map(getStreamId));
    const others = findings.filter(
      ({ kind, subject = '' }) => !(ABOUT_FORGED.has(kind) && forged.has(subject)),
    );
    return [
      ...others.map(({ kind, subject, message: what }) => `ops verify: ${kind} ${subject ?? ''}: ${what}`),
      ...(found > findings.length ? [`ops verify: ${found} findings`] : []),
    ];
  }
}

/**
 * Saves everything that would disappear with the servers: the contents of the stores, and the output of every process.
 */
async function keepTraces({ path }: RunFolder, { processes, stores }: SystemUnderTest): Promise<void> {
  const at = new Date();
  await writeFile(join(path, 'stores.json'), JSON.stringify({ at, ...(await readStores(stores)) }));
  for (const [name, instance] of processes) await writeFile(join(path, `${name}.log`), instance.output());
}
