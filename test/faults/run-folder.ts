/**
 * The files in which a run records what happened, so that the checker can read it: each line of a file is one
 * occurrence, as JSON.
 */
import { createWriteStream, type WriteStream, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import type { TopicRecord } from './checker/stored.ts';

/**
 * A line of history.jsonl: a command. The line is written once the response has arrived or the request has
 * timed out. Times are RFC 3339.
 */
export interface HistoryLine {
  /**
   * The id of the command. It is also the X-Request-Id of the request, and the correlation id of the events
   * that the command causes.
   */
  readonly id: string;
  readonly op: string;
  readonly sentAt: string;
  /**
   * The time of the response; null if there was no response. Without a response, it is unknown whether the
   * command was processed.
   */
  readonly answeredAt: string | null;
  /** The parameters of the request as they were sent. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly status: number | null;
  /** The problem code in the response. */
  readonly code: string | null;
  readonly answer: unknown;
  /** The header Account-Sequence of the response: `<account id>:<sequence>`. */
  readonly accountSequence: string | null;
  /** The access token that the request was sent with. */
  readonly accessToken: string | null;
  /** The process that responded, for example `auth-1`; null if none did. */
  readonly by: string | null;
}

/**
 * What the mail server did with a mail that was transferred completely:
 * - `250`, `4xx` or `5xx`: the mail server sent a reply with this code.
 * - `closed`: it closed the connection without a reply, and dropped the mail.
 * - `250-lost`: it accepted the mail, but closed the connection without a reply.
 */
export type SmtpReply = '250' | '4xx' | '5xx' | 'closed' | '250-lost';

/** A line of mails.jsonl: a mail whose DATA was transferred completely. */
export interface MailLine {
  /** The time at which the mail server had received the whole content. */
  readonly at: string;
  /**
   * The time at which the mail server replied. If the mail server accepted the mail, this is the time of
   * acceptance.
   */
  readonly answeredAt: string;
  /** The process that sent the mail, taken from its EHLO, for example `notifier-1`. */
  readonly by: string;
  readonly messageId: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly correlationId: string;
  /** The time at which the link expires, to the minute, as stated in the mail; null if the mail has no link. */
  readonly expiresAt: string | null;
  readonly said: SmtpReply;
}

/** What the endpoint /readyz of a process has reported during a fault. */
export interface Readiness {
  /** The longest uninterrupted time during which /readyz responded, in ms. */
  readonly answeredMs: number;
  /** The dependencies that were down, each with the message about it: `journal: the disk is full`. */
  readonly down: readonly string[];
}

/** A line of faults.jsonl: a fault. The line is written when the fault has ended. */
export interface FaultLine {
  readonly at: string;
  readonly fault: string;
  readonly target: string;
  readonly until: string | null;
  /**
   * How many pieces of work the fault has hit. Only work of the target of the fault counts. Absent if the
   * work was not counted.
   */
  readonly hits?: number;
  readonly readiness?: Readiness;
}

/** A line of received.jsonl: an event that a subscriber of the run has received. */
export interface ReceivedEventLine {
  readonly via: 'feed' | 'webhook' | 'subscribe';
  readonly at: string;
  readonly account: string;
  readonly sequence: number;
  readonly eventId: string;
}

/** The minimum counts of a run. A run that does not reach these counts proves nothing. */
export interface MinimumCounts {
  /** The minimum number of commands that were sent, whatever their outcome. */
  readonly sent: number;
  /** The minimum number of acknowledged commands, by operation. */
  readonly acknowledged: Readonly<Record<string, number>>;
  /** The minimum number of faults that hit work in progress, by kind of fault. */
  readonly hits: Readonly<Record<string, number>>;
  /**
   * The minimum number of faults that hit work in progress, by group of faults. `findFaultGroup` returns the
   * group of a fault.
   */
  readonly hitsOnGroups: Readonly<Record<string, number>>;
  /** The minimum number of kinds of faults that hit work in progress. */
  readonly kindsOfFaults: number;
  /** The minimum number of records on the topics that repeat an earlier record. */
  readonly duplicates: number;
  /**
   * The minimum number of accounts that were erased, and of erased accounts whose traces were searched for.
   */
  readonly erased: number;
}

/** Personal data of an erased person that was found in a store. */
export interface PersonalDataTrace {
  readonly account: string;
  /**
   * Where the data was found: the collection and the id of the document, the table and the row, or the file.
   */
  readonly place: string;
}

/** The personal data of erased people that a search of the stores has found. */
export interface PersonalDataSearchResult {
  readonly traces: readonly PersonalDataTrace[];
  /** The number of erased accounts whose data was searched for. */
  readonly searched: number;
}

/** The profile of an account as an admin sees it through the API. */
export type ProfileSeenByAdmin = Readonly<Record<string, unknown>>;

/** The addresses of the servers of a cluster. */
export interface ClusterAddresses {
  readonly KAFKA_BROKERS: string;
  readonly MONGO_URL: string;
}

/** The location of the data folder of a standalone. */
export interface DataFolder {
  readonly DATA_DIR: string;
}

/** What `ops verify` has found after an older copy of the journal was restored. */
export interface JournalRestoreFindings {
  /**
   * The accounts that `ops verify` has reported because the read model contains events of theirs that the
   * journal does not contain.
   */
  readonly reported: readonly string[];
}

/** A change of a profile that was made after a backup, and lost when the backup was restored. */
export interface LostChange {
  readonly account: string;
  readonly firstName: string;
  /** The first name that was set after the restore. With this change, the history of the account forks. */
  readonly next: string;
  /** The accounts that `subscribe()` has parked because their history has forked. */
  readonly forked: readonly string[];
}

/**
 * The generation of the read model from which a process has answered after a switch of the active generation.
 */
export interface GenerationShownByProcess {
  readonly by: string;
  readonly active: number;
  /** The generation that the process has shown; null if its response was from none of them. */
  readonly shown: number | null;
}

/** The state of a restored older copy of the read model, before it was repaired. */
export interface ReadModelRestoreFindings {
  /** The accounts that have events which the restored read model does not contain. */
  readonly lacking: readonly string[];
  /**
   * The accounts that `ops verify` reports because the restored read model does not contain all of their
   * events.
   */
  readonly reported: readonly string[];
}

/** The content of the file run.json, which describes a run. */
export interface RunDescription {
  readonly seed: number;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly minimums: MinimumCounts;
  /**
   * Present if an older copy of the journal was restored. Then the checker applies only the rule on forks to
   * the run.
   */
  readonly restored?: JournalRestoreFindings;
  /** Present if a backup of the data folder was restored at the end. */
  readonly lostChange?: LostChange;
  /** Present if an older copy of the read model was restored. */
  readonly restoredReadModel?: ReadModelRestoreFindings;
  /**
   * The processes that send mails. Maps the name that a process records with its attempts to the name of the
   * process in the run, such as `notifier-1`.
   */
  readonly senders: Readonly<Record<string, string>>;
  /** Every profile at the end, as an admin reads it from the active read model. null if the profiles were not read. */
  readonly shown: readonly ProfileSeenByAdmin[] | null;
  /** Every profile, as in `shown`, after each switch to another generation of the read model. */
  readonly shownAfterSwitches: readonly (readonly ProfileSeenByAdmin[])[];
  /**
   * For each process and each switch to another generation of the read model, the generation with which the
   * process answered.
   */
  readonly generations: readonly GenerationShownByProcess[];
  /**
   * Personal data of erased people that the stores contain at the end. The search for this data runs before
   * the final logins, because these logins use the email addresses of erased people again.
   */
  readonly traces: readonly PersonalDataTrace[];
  /** The number of erased accounts whose personal data was searched for. */
  readonly searched: number;
  /** The names of the subscribers that received events in this run. */
  readonly subscribers: readonly ReceivedEventLine['via'][];
  /** The location of the data of the run. The servers are still running while the run is checked. */
  readonly servers: ClusterAddresses | DataFolder;
}

export interface RunFolder {
  readonly path: string;
  /** The path of replaced.jsonl, to which a standalone appends rows before they are replaced. */
  readonly replacedRowsFile: string;
  command(line: HistoryLine): void;
  mail(line: MailLine): void;
  fault(line: FaultLine): void;
  received(line: ReceivedEventLine): void;
  /** Writes a line of removed.jsonl: a record that a fault is about to delete from its topic. */
  removed(record: TopicRecord): void;
  /** Writes run.json and closes the files. Idempotent. */
  close(run: RunDescription): Promise<void>;
}

export const REPLACED_ROWS_NAME = 'replaced.jsonl';

/** Creates the files in which a run records what happens. @param path an existing folder */
export function createRunFolder(path: string): RunFolder {
  function open(name: string) {
    return createWriteStream(join(path, name));
  }
  const replacedRowsFile = join(path, REPLACED_ROWS_NAME);
  writeFileSync(replacedRowsFile, '');
  const files = {
    history: open('history.jsonl'),
    mails: open('mails.jsonl'),
    faults: open('faults.jsonl'),
    received: open('received.jsonl'),
    removed: open('removed.jsonl'),
  };
  function lineTo(file: WriteStream) {
    return (line: object) => void file.write(`${JSON.stringify(line)}\n`);
  }
  return {
    path,
    replacedRowsFile,
    command: lineTo(files.history),
    mail: lineTo(files.mails),
    fault: lineTo(files.faults),
    received: lineTo(files.received),
    removed: lineTo(files.removed),
    async close(run) {
      for (const file of Object.values(files)) file.end();
      await Promise.all(Object.values(files).map((file) => finished(file)));
      await writeFile(join(path, 'run.json'), `${JSON.stringify(run, undefined, 2)}\n`);
    },
  };
}
