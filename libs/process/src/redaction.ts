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
 * check comes before the other patterns. It looks for a link token only at the start of a sequence of token
 * characters, because starting at each position takes three times as long. The sequence may be longer than
 * the token: if an escaped character such as a line break precedes the token, the sequence starts with the
 * letter of the escape.
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
