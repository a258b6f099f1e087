/** What a run leaves behind for its checker: plain files, a line of JSON for each thing that happened. */
import { createWriteStream, type WriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';

/** history.jsonl: a command that was sent, written once it was answered or given up. Times are RFC 3339. */
export interface CommandLine {
  /** Also its X-Request-Id, and so the correlation id of what it caused. */
  readonly id: string;
  readonly op: string;
  readonly sentAt: string;
  /** null: never answered, so it may have been carried out or not. */
  readonly answeredAt: string | null;
  /** What was asked, as it was written. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly status: number | null;
  /** Of the problem that it was answered with. */
  readonly code: string | null;
  readonly answer: unknown;
  /** `<account id>:<sequence>`. */
  readonly accountSequence: string | null;
}

/** What became of a mail that was handed over whole. `250-lost`: it was taken, and its sender never heard so. */
export type Said = '250' | '4xx' | '5xx' | 'closed' | '250-lost';

/** mails.jsonl: a mail whose DATA has reached its end. */
export interface MailLine {
  readonly at: string;
  readonly messageId: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly correlationId: string;
  /** When its link ends, to the minute, as its text says; null: it has no link. */
  readonly expiresAt: string | null;
  readonly said: Said;
}

/** faults.jsonl: written when it was over. */
export interface FaultLine {
  readonly at: string;
  readonly fault: string;
  readonly target: string;
  readonly until: string | null;
}

/** run.json */
export interface RunDescription {
  readonly seed: number;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Still there while the run is checked. */
  readonly servers: { readonly KAFKA_BROKERS: string; readonly MONGO_URL: string };
}

export interface RunFolder {
  readonly path: string;
  command(line: CommandLine): void;
  mail(line: MailLine): void;
  fault(line: FaultLine): void;
  /** Ends the files: everything is in them then. Idempotent. */
  close(run: RunDescription): Promise<void>;
}

/** In a folder that is there. */
export function createRunFolder(path: string): RunFolder {
  function open(name: string) {
    return createWriteStream(join(path, name));
  }
  const files = { history: open('history.jsonl'), mails: open('mails.jsonl'), faults: open('faults.jsonl') };
  function lineTo(file: WriteStream) {
    return (line: object) => void file.write(`${JSON.stringify(line)}\n`);
  }
  return {
    path,
    command: lineTo(files.history),
    mail: lineTo(files.mails),
    fault: lineTo(files.faults),
    async close(run) {
      for (const file of Object.values(files)) file.end();
      await Promise.all(Object.values(files).map((file) => finished(file)));
      await writeFile(join(path, 'run.json'), `${JSON.stringify(run, undefined, 2)}\n`);
    },
  };
}
