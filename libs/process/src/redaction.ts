/** What must not stand in a log line, and how it is taken out. */

const MASK = '[redacted]';

/** Parts of field names; a field whose name holds one of them shows no text. */
const SENSITIVE_NAME =
  /pass(?:word|wd|phrase)|secret|token|authorization|cookie|sealed|person|e-?mail|user_?name|first_?name|last_?name|recipient|addresses|credential|private|api_?key/i;

/** Of exactly 64 characters: account id and secret in base64url. */
const LINK_TOKEN = /(?<![\w-])[\w-]{64}(?![\w-])/g;
/** Three parts (signed) or five (encrypted), of which the first is a JSON object in base64url. */
const JOSE = /eyJ[\w-]{8,}(?:\.[\w-]*){2,4}/g;
const MAIL_ADDRESS = /[\p{L}\p{N}.!#$%&'*+=?^_`{|}~-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/gu;

/** Cheap: does the line hold anything that is worth a closer look? */
const SUSPICIOUS = new RegExp(`${SENSITIVE_NAME.source}|[\\w-]{64}|eyJ|@`, 'i');

/** A log line (one JSON object and its line end) without secrets and persons. */
export function cleanLine(line: string): string {
  if (!SUSPICIOUS.test(line)) return line;
  try {
    return `${JSON.stringify(JSON.parse(line), cleanField)}\n`;
  } catch {
    return cleanText(line);
  }
}

function cleanField(name: string, value: unknown): unknown {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
  if (SENSITIVE_NAME.test(name)) return MASK;
  return typeof value === 'string' ? cleanText(value) : value;
}

/** A text without link tokens, JWTs, JWEs and mail addresses. */
export function cleanText(text: string): string {
  return text
    .replace(JOSE, '[redacted token]')
    .replace(LINK_TOKEN, '[redacted link token]')
    .replace(MAIL_ADDRESS, '[redacted address]');
}
