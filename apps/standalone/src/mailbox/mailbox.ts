/**
 * Stores mails in the data folder instead of sending them. Used in development, so that no mail leaves the machine.
 */
import type { Database, SqliteSchema } from '@latchkey/sqlite';
import {
  type MailEnvelope,
  type MailMessage,
  type MailMessageHeaders,
  type MailMessageSummary,
  type MailMetadata,
  parseMailHeaders,
  parseMailMessage,
  summarizeMail,
} from './message.ts';
import { parseMailSearch } from './search.ts';

/** The maximum number of mails to keep. Older mails are deleted. */
const KEPT_MAILS = 10_000;

export interface MailPageRange {
  readonly start: number;
  readonly limit: number;
}

export interface MailSearchResult {
  readonly messages: readonly MailMessageSummary[];
  /** The number of mails that match the query, on all pages. */
  readonly matching: number;
  readonly matchingUnread: number;
  readonly total: number;
  readonly unread: number;
}

export interface Mailbox {
  /** Stores a mail (RFC 5322). Resolves with the id of the mail once the mail is on disk. */
  receive(raw: Uint8Array, envelope: MailEnvelope): Promise<string>;
  /**
   * Returns mails that match a query, newest first. An empty query matches all mails. search.ts describes the
   * syntax of queries.
   */
  search(query: string, page: MailPageRange): MailSearchResult;
  /** Returns the mail with this id, or the newest mail if `id` is `latest`. Marks the mail as read. */
  open(id: string): Promise<MailMessage | undefined>;
  headers(id: string): Promise<MailMessageHeaders | undefined>;
  raw(id: string): Uint8Array | undefined;
  /** Marks mails as read or unread. An empty list of ids marks all mails. */
  mark(ids: readonly string[], read: boolean): Promise<void>;
  /**
   * Deletes the mails from or to an address, and makes sure that the database file contains no remains of
   * these mails.
   */
  forget(address: string): Promise<void>;
  /** Deletes mails. An empty list of ids deletes all mails. */
  remove(ids: readonly string[]): Promise<void>;
}

export interface MailboxDeps {
  readonly database: Database;
  now(): Date;
  newId(): string;
  /** The maximum number of mails to keep; older mails are deleted. Default: 10,000. */
  readonly keep?: number;
}

const release01 = `
  CREATE TABLE IF NOT EXISTS mailbox_messages (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    received_at TEXT NOT NULL,
    read INTEGER NOT NULL DEFAULT 0,
    message_id TEXT NOT NULL,
    sender TEXT NOT NULL,
    recipients TEXT NOT NULL,
    copies TEXT NOT NULL,
    blind_copies TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    envelope TEXT NOT NULL,
    summary TEXT NOT NULL,
    raw BLOB NOT NULL
  );
  CREATE INDEX IF NOT EXISTS mailbox_unread ON mailbox_messages (read) WHERE read = 0;`;

const schema: SqliteSchema = { owner: 'mailbox', migrations: [release01] };

/**
 * Deletes the mails from or to an address. The address is searched together with its delimiters, so that it
 * does not match a part of a longer address. The delimiters are angle brackets in most columns, and
 * quotation marks in the column of the envelope, which contains JSON.
 */
const FORGET = `DELETE FROM mailbox_messages
  WHERE instr(sender || recipients || copies || blind_copies, '<' || :address || '>') > 0
     OR instr(lower(envelope), '"' || :address || '"') > 0`;

type Addresses = MailMessageSummary['To'];
function searchable(addresses: Addresses): string {
  return addresses.map(({ Name, Address }) => `${Name} <${Address}>`.toLowerCase()).join('\n');
}

function placeholders(ids: readonly string[]): string {
  return ids.map(() => '?').join(', ');
}

interface StoredMail {
  readonly arrival: MailMetadata;
  readonly raw: Uint8Array;
}

export function createMailbox({ database, now, newId, keep = KEPT_MAILS }: MailboxDeps): Mailbox {
  database.migrate(schema);

  function find(id: string): StoredMail | undefined {
    const row =
      id === 'latest'
        ? database.prepare('SELECT * FROM mailbox_messages ORDER BY position DESC LIMIT 1').get()
        : database.prepare('SELECT * FROM mailbox_messages WHERE id = ?').get(id);
    if (!row) return undefined;
    const envelope = JSON.parse(String(row['envelope'])) as MailEnvelope;
    return {
      arrival: { id: String(row['id']), receivedAt: new Date(String(row['received_at'])), envelope },
      raw: row['raw'] as Uint8Array,
    };
  }

  function count(sql: string, values: readonly (string | number)[] = []): number {
    return Number(
      database.prepare(`SELECT count(*) AS n FROM mailbox_messages WHERE ${sql}`).get(...values)?.['n'] ?? 0,
    );
  }

  function insert(summary: Omit<MailMessageSummary, 'Read'>, text: string, mail: StoredMail): void {
    database
      .prepare(
        `INSERT INTO mailbox_messages (id, received_at, message_id, sender, recipients, copies, blind_copies,
           subject, body, envelope, summary, raw) VALUES (:id, :receivedAt, :messageId, :sender, :recipients,
           :copies, :blindCopies, :subject, :body, :envelope, :summary, :raw)`,
      )
      .run({
        id: summary.ID,
        receivedAt: summary.Created,
        messageId: summary.MessageID.toLowerCase(),
        sender: searchable(summary.From ? [summary.From] : []),
        recipients: searchable(summary.To),
        copies: searchable(summary.Cc),
        blindCopies: searchable(summary.Bcc),
        subject: summary.Subject.toLowerCase(),
        body: text.toLowerCase(),
        envelope: JSON.stringify(mail.arrival.envelope),
        summary: JSON.stringify(summary),
        raw: mail.raw,
      });
    database
      .prepare(
        `DELETE FROM mailbox_messages WHERE position <=
           (SELECT position FROM mailbox_messages ORDER BY position DESC LIMIT 1 OFFSET ?)`,
      )
      .run(keep);
  }

  const mark: Mailbox['mark'] = (ids, read) =>
    database.write(() => {
      const which = ids.length === 0 ? '1' : `id IN (${placeholders(ids)})`;
      database.prepare(`UPDATE mailbox_messages SET read = ? WHERE ${which}`).run(read ? 1 : 0, ...ids);
    });

  return {
    async receive(raw, envelope) {
      const arrival: MailMetadata = { id: newId(), receivedAt: now(), envelope };
      const { summary, text } = await summarizeMail(raw, arrival);
      await database.write(() => insert(summary, text, { arrival, raw }));
      return arrival.id;
    },

    search(query, { start, limit }) {
      const { sql, values } = parseMailSearch(query);
      const rows = database
        .prepare(
          `SELECT summary, read FROM mailbox_messages WHERE ${sql} ORDER BY position DESC LIMIT ? OFFSET ?`,
        )
        .all(...values, limit, start);
      return {
        messages: rows.map(({ summary, read }) => ({ ...JSON.parse(String(summary)), Read: read === 1 })),
        matching: count(sql, values),
        matchingUnread: count(`${sql} AND read = 0`, values),
        total: count('1'),
        unread: count('read = 0'),
      };
    },

    async open(id) {
      const mail = find(id);
      if (!mail) return undefined;
      await mark([mail.arrival.id], true);
      return parseMailMessage(mail.raw, mail.arrival);
    },

    async headers(id) {
      const mail = find(id);
      return mail && parseMailHeaders(mail.raw);
    },

    raw: (id) => find(id)?.raw,

    mark,

    forget: (address) =>
      database.write(() => void database.prepare(FORGET).run({ address: address.toLowerCase() }), {
        erases: true,
      }),

    remove: (ids) =>
      database.write(() => {
        const which = ids.length === 0 ? '1' : `id IN (${placeholders(ids)})`;
        database.prepare(`DELETE FROM mailbox_messages WHERE ${which}`).run(...ids);
      }),
  };
}
