/**
 * Parses the part of Mailpit's search syntax that tests need: `to:`, `cc:`, `bcc:`, `from:`, `addressed:`,
 * `subject:`, `message-id:`, `is:read`, `is:unread`, quoted phrases, bare words, and `-` or `!` to negate. Terms are
 * case-insensitive and match anywhere in a value. A mail matches if it matches all terms.
 */

export interface MailSearchCondition {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

/** The columns that each filter searches. The columns contain lower-case text. */
const columnsOf: Readonly<Record<string, readonly string[]>> = {
  to: ['recipients'],
  cc: ['copies'],
  bcc: ['blind_copies'],
  from: ['sender'],
  addressed: ['recipients', 'copies', 'blind_copies', 'sender'],
  subject: ['subject'],
  'message-id': ['message_id'],
};
const everywhere = ['subject', 'sender', 'recipients', 'copies', 'body'];

const readStates: Readonly<Record<string, string>> = { read: 'read = 1', unread: 'read = 0' };

function contains(columns: readonly string[], text: string): MailSearchCondition {
  return {
    sql: `(${columns.map((column) => `instr(${column}, ?) > 0`).join(' OR ')})`,
    values: columns.map(() => text.toLowerCase()),
  };
}

function conditionOf(filter: string | undefined, text: string): MailSearchCondition {
  const name = filter?.toLowerCase();
  const readState = name === 'is' ? readStates[text.toLowerCase()] : undefined;
  if (readState) return { sql: readState, values: [] };
  const columns = name ? columnsOf[name] : undefined;
  return columns ? contains(columns, text) : contains(everywhere, filter ? `${filter}:${text}` : text);
}

const TERM = /([-!]?)(?:([A-Za-z-]+):)?(?:"([^"]*)"|(\S+))/g;

/** Translates a query to an SQL condition. The condition of an empty query matches every mail. */
export function parseMailSearch(query: string): MailSearchCondition {
  const conditions = [...query.matchAll(TERM)].map(([, negated, filter, phrase, word]) => {
    const { sql, values } = conditionOf(filter, phrase ?? word ?? '');
    return { sql: negated ? `NOT ${sql}` : sql, values };
  });
  return {
    sql: conditions.map(({ sql }) => sql).join(' AND ') || '1',
    values: conditions.flatMap(({ values }) => values),
  };
}
