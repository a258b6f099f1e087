const MASK = '[redacted]';

/** Matches the names of fields whose text is redacted. */
const SENSITIVE_NAME =
  /pass(?:word|wd|phrase)|secret|token|authorization|cookie|sealed|person|e-?mail|user_?name|first_?name|last_?name|recipient|addresses|credential|private|api_?key/i;

/** Matches the token of a link: exactly 64 characters, which are the account id and a secret in base64url. */
const LINK_TOKEN = /(?<![\w-])[\w-]{64}(?![\w-])/g;
/** Matches a JWS (three parts) or a JWE (five parts). The first part is a JSON object in base64url. */
const JOSE = /eyJ[\w-]{8,}(?:\.[\w-]*){2,4}/g;
const MAIL_ADDRESS = /[\p{L}\p{N}.!#$%&'*+=?^_`{|}~-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/gu;

/**
 * Matches log lines that may contain something to redact. Most lines contain nothing to redact, so this cheap
 * check comes before the other patterns. For link tokens, the check only looks for a sequence of at least 64
 * token characters, because a search that starts at each position takes three times as long. The sequence may
 * be longer than a token, because in the JSON text, the letter of an escape such as `\n` may directly precede
 * the token.
 */
const SUSPICIOUS = new RegExp(`${SENSITIVE_NAME.source}|(?<![\\w-])[\\w-]{64}|eyJ|@`, 'i');

/** Redacts a log line (one JSON object and a line break). */
export function redactLogLine(line: string): string {
  if (!SUSPICIOUS.test(line)) return line;
  try {
    return `${JSON.stringify(JSON.parse(line), cleanField)}\n`;
  } catch {
    return redactText(line);
  }
}

function cleanField(name: string, value: unknown): unknown {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
  if (SENSITIVE_NAME.test(name)) return MASK;
  return typeof value === 'string' ? redactText(value) : value;
}

/** Redacts link tokens, JWTs, JWEs and email addresses in a string. */
export function redactText(text: string): string {
  return text
    .replace(JOSE, '[redacted token]')
    .replace(LINK_TOKEN, '[redacted link token]')
    .replace(MAIL_ADDRESS, '[redacted address]');
}
