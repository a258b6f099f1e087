/** The system under test in a run: a cluster of processes on real servers, or one standalone. */
import { hostname } from 'node:os';
import type { ServerProcess } from '../../support/server-process.ts';
import type { Settings } from '../../support/system.ts';
import type { TopicRecord } from '../checker/stored.ts';
import type { NemesisDeps } from '../nemesis/nemesis.ts';
import type { PlannedFault } from '../nemesis/schedule.ts';
import type { GetWorkCounter } from '../nemesis/work.ts';
import type {
  ClusterAddresses,
  DataFolder,
  FaultLine,
  PersonalDataSearchResult,
  ReadModelRestoreFindings,
  ReceivedEventLine,
} from '../run-folder.ts';
import type { FaultSettings } from '../settings.ts';
import type { Inboxes } from './inboxes.ts';
import type { MailSink } from './sink.ts';
import type { Subscribers } from './subscribers.ts';

export interface SystemUnderTest {
  /** The base URL of the API. */
  readonly url: string;
  readonly stores: ClusterAddresses | DataFolder;
  /** All processes of the system by their names, such as `auth-1`. */
  readonly processes: ReadonlyMap<string, ServerProcess>;
  /** The processes of the system that answer queries. */
  readonly readers: ReadonlyMap<string, ServerProcess>;
  /** The mailboxes with the mails that the mail server has accepted. */
  readonly inboxes: Inboxes;
  readonly subscribers: Subscribers;
  readonly plan: readonly (readonly PlannedFault[])[];
  readonly faults: NemesisDeps['faults'];
  readonly countHits: NemesisDeps['countHits'];
  /** Returns the names of the processes that have sent mails so far (`senders` of RunDescription). */
  senders(): Readonly<Record<string, string>>;
  /** Returns the name of the process, such as `auth-1`, that serves requests at the given origin. */
  nameOf(origin: string): string | undefined;
  /** Runs an ops command. @returns its output; rejects if it failed */
  ops(...words: readonly string[]): Promise<string>;
  /**
   * Repairs with ops commands what the system cannot repair by itself after faults.
   * @returns the findings of `ops verify` if an older copy of the read model was restored; otherwise
   * undefined
   */
  repair(): Promise<ReadModelRestoreFindings | undefined>;
  /**
   * Makes a backup, runs `meanwhile`, and restores the backup. Only a standalone has this method: its backup contains all
   * of its stores. The system must be idle.
   */
  restoreBackup?(meanwhile: () => Promise<void>): Promise<void>;
  /** Searches the stores for personal data of erased people. Called once the system is idle. */
  findTraces(): Promise<PersonalDataSearchResult>;
  /**
   * Moves the data to a cluster, and returns the cluster. The cluster takes over the URL, the mail server and
   * the subscribers, and this system ends. Only a standalone of a run with a move has this method.
   */
  move?(): Promise<SystemUnderTest>;
}

export interface SystemOptions {
  readonly settings: FaultSettings;
  say(line: string): void;
  readonly work: GetWorkCounter;
  /** The mail server to which the system sends its mails. */
  readonly sink: MailSink;
  /**
   * Called when a process has exited unexpectedly, which counts as a fault. The process is then started
   * again.
   */
  recordFault(line: FaultLine): void;
  /** Called with each event that a subscriber has received. */
  recordReceived(line: ReceivedEventLine): void;
  /** Called with each record before a fault deletes it. */
  recordRemoved(record: TopicRecord): void;
  /** An existing file, to which a standalone appends rows before they are replaced. */
  readonly replacedRowsFile: string;
}

/**
 * Settings of all services in a run. Links live as briefly as the settings allow. The lease of a mail is
 * longer than a busy machine suspends a process. Otherwise a suspended process could lose its lease, and no
 * recorded fault would explain the second copy of the mail.
 */
const SERVICE_SETTINGS = {
  RESET_TOKEN_EXPIRATION_MINUTES: '10',
  SESSIONS_PER_ACCOUNT: '1000',
  MAIL_LEASE_SECONDS: '30',
} as const;
const NONE = '1000000';
const NO_LIMITS = {
  LIMITS: 'off',
  LIMIT_MAILS_PER_ADDRESS: NONE,
  LIMIT_MAILS_PER_ADDRESS_AND_DAY: NONE,
  LIMIT_PROFILE_CHANGES: NONE,
} as const;
/**
 * The limits that the checker knows. The limits per account are lower than the defaults, so that people reach
 * them during a run. There are no limits per IP, because all traffic of a run comes from one IP.
 */
const LIMITS_ON = {
  LIMITS: 'on',
  LIMIT_MAILS_PER_ADDRESS: '3',
  LIMIT_MAILS_PER_ADDRESS_AND_DAY: '30',
  LIMIT_PROFILE_CHANGES: '30',
  LIMIT_EMAIL_CHANGES: '2',
  LIMIT_LOGINS: '8',
  LIMIT_LOGOUTS_EVERYWHERE: '2',
  LIMIT_PASSWORD_CHANGES: '2',
  LIMIT_ERASURE_REQUESTS: '1',
  LIMIT_LOGIN_FAILURES_PER_ADDRESS: '10',
  LIMIT_MAIL_REQUESTS_PER_IP: NONE,
  LIMIT_SIGNUPS_PER_IP: NONE,
  LIMIT_LOGIN_FAILURES_PER_IP: NONE,
  LIMIT_MAILING_RECIPIENTS: NONE,
} as const;

/** Returns the settings of all services in a run. Rate limits are on in runs with an odd seed. */
export function createServiceSettings(seed: number): Settings {
  return { ...SERVICE_SETTINGS, ...(seed % 2 === 1 ? LIMITS_ON : NO_LIMITS) };
}

/**
 * Maps the name that a process records with its attempts to send mails (host name and process id) to the name
 * of the process in the run, such as `notifier-1`.
 */
export function mapRecordedNamesToSenders(
  processes: Iterable<readonly [name: string, instance: ServerProcess]>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Array.from(processes, ([name, instance]) =>
      instance.pids().map((pid) => [`${hostname()}:${pid}`, name] as const),
    ).flat(),
  );
}

/**
 * Returns a function that reports that a process has exited unexpectedly. The function takes the name of the
 * process and its last lines of output.
 */
export function createExitReporter({ say, recordFault }: Pick<SystemOptions, 'say' | 'recordFault'>) {
  return (name: string, lines: string): void => {
    const now = new Date().toISOString();
    say(`  ${name} has ended by itself, and is started again:\n${lines}`);
    recordFault({ at: now, fault: 'ended-by-itself', target: name, until: now });
  };
}
