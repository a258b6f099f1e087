/** The files of a run for its checker: a line of JSON for each thing that happened. */
import { createWriteStream, type WriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import type { TopicRecord } from './checker/stored.ts';

/** history.jsonl: a command, written once its response has arrived or was given up. Times are RFC 3339. */
export interface CommandLine {
  /** Also its X-Request-Id, and so the correlation id of what it caused. */
  readonly id: string;
  readonly op: string;
  readonly sentAt: string;
  /** null: no response, so it may have been processed or not. */
  readonly answeredAt: string | null;
  /** The request as it was sent. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly status: number | null;
  /** The code of the problem in the response. */
  readonly code: string | null;
  readonly answer: unknown;
  /** `<account id>:<sequence>`. */
  readonly accountSequence: string | null;
  /** The access token of the request. */
  readonly accessToken: string | null;
  /** The process that answered: `auth-1`. null if none did. */
  readonly by: string | null;
}

/**
 * The response to a mail that was transferred completely. `250-lost`: it was accepted, but the sender got no
 * response.
 */
export type Said = '250' | '4xx' | '5xx' | 'closed' | '250-lost';

/** mails.jsonl: a mail whose DATA was transferred completely. */
export interface MailLine {
  /** When its content had arrived. */
  readonly at: string;
  /** When the server answered: the moment of acceptance. */
  readonly answeredAt: string;
  /** The process that sent it, by its EHLO: `notifier-1`. */
  readonly by: string;
  readonly messageId: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly correlationId: string;
  /** When its link expires, to the minute, as its text says; null if it has no link. */
  readonly expiresAt: string | null;
  readonly said: Said;
}

/** faults.jsonl: written when the fault was over. */
export interface FaultLine {
  readonly at: string;
  readonly fault: string;
  readonly target: string;
  readonly until: string | null;
}

/** How much of everything a run must have had to prove something. */
export interface Minimums {
  /** Commands that were sent, whatever their answers. */
  readonly sent: number;
  /** Acknowledged commands, by operation. */
  readonly acknowledged: Readonly<Record<string, number>>;
  /** Faults that hit something in flight, by kind. */
  readonly hits: Readonly<Record<string, number>>;
  /** Kinds of faults that hit something in flight. */
  readonly kindsOfFaults: number;
  /** Records on the topics that repeat an earlier one. */
  readonly duplicates: number;
}

/** Something that names an erased person. */
export interface Trace {
  readonly account: string;
  /** The collection, and the id of the document. */
  readonly place: string;
}

/** A profile as an admin sees it through the API. */
export type ShownProfile = Readonly<Record<string, unknown>>;

/** run.json */
export interface RunDescription {
  readonly seed: number;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly minimums: Minimums;
  /** Every profile at the end, whichever generation of the read model answered. null: nobody has asked. */
  readonly shown: readonly ShownProfile[] | null;
  /** What stores have of erased people at the end, before anybody signs in with their addresses again. */
  readonly traces: readonly Trace[];
  /** They are still up while the run is checked. */
  readonly servers: { readonly KAFKA_BROKERS: string; readonly MONGO_URL: string };
}

export interface RunFolder {
  readonly path: string;
  command(line: CommandLine): void;
  mail(line: MailLine): void;
  fault(line: FaultLine): void;
  /** removed.jsonl: a record that a fault is about to remove from its topic. */
  removed(record: TopicRecord): void;
  /** Completes the files. Idempotent. */
  close(run: RunDescription): Promise<void>;
}

/** The folder must exist. */
export function createRunFolder(path: string): RunFolder {
  function open(name: string) {
    return createWriteStream(join(path, name));
  }
  const files = {
    history: open('history.jsonl'),
    mails: open('mails.jsonl'),
    faults: open('faults.jsonl'),
    removed: open('removed.jsonl'),
  };
  function lineTo(file: WriteStream) {
    return (line: object) => void file.write(`${JSON.stringify(line)}\n`);
  }
  return {
    path,
    command: lineTo(files.history),
    mail: lineTo(files.mails),
    fault: lineTo(files.faults),
    removed: lineTo(files.removed),
    async close(run) {
      for (const file of Object.values(files)) file.end();
      await Promise.all(Object.values(files).map((file) => finished(file)));
      await writeFile(join(path, 'run.json'), `${JSON.stringify(run, undefined, 2)}\n`);
    },
  };
}
