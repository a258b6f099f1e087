/**
 * Parses `.env` files like Docker Compose (https://docs.docker.com/reference/compose-file/env-file/), so that
 * a file has the same meaning for Latchkey and for Docker Compose. The only difference is that `$NAME` is not
 * replaced. Refuses everything that Compose refuses, and also syntax that Compose would read in an unexpected
 * way.
 */
import { decodeTextFile } from './text-file.ts';

export interface DotEnv {
  readonly values: Readonly<Record<string, string>>;
  /**
   * The faults in the file, as one line each, with the line number and the name of the setting, but without
   * its value.
   */
  readonly faults: readonly string[];
}

const SPACE = String.raw`[\t\v\f \u0085\u00a0]*`;
/** Matches an empty line, or a line that contains only a comment. */
const BLANK = new RegExp(`${SPACE}(?:#[^\\n]*)?(?:\\n|$)`, 'y');
const NAME = new RegExp(`${SPACE}(?:export[\\t ]+)?([A-Za-z_][\\w.-]*)${SPACE}=${SPACE}`, 'y');
/**
 * Matches the start of a line that sets a setting, and captures the setting's name. Error messages about a
 * line quote only this name, because the rest of the line may be part of a secret.
 */
const SETTING = /^[\t ]*(?:export[\t ]+)?([A-Z][A-Z0-9_]*)[\t ]*[=:]/;
const QUOTED = /"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'/y;
const REST_OF_LINE = /[^\n]*\n?/y;

/** Parses a `.env` file. @param bytes the content of the file, in UTF-8 with or without a byte order mark */
export function parseDotEnv(bytes: Uint8Array): DotEnv {
  const decoded = decodeTextFile(bytes);
  if ('fault' in decoded) {
    return { values: {}, faults: [placesOf(bytes, decoded.line) + decoded.fault] };
  }
  return parseText(decoded.text.replaceAll('\r\n', '\n'));
}

/**
 * Returns the beginning of a message about wrong encoding: the line number and, if the line contains a
 * setting, the name of the setting.
 */
function placesOf(bytes: Uint8Array, line: number | undefined): string {
  if (line === undefined) return '';
  const content = Buffer.from(bytes).toString('latin1').split('\n')[line - 1] ?? '';
  const [, name] = SETTING.exec(content) ?? [];
  return name === undefined ? `line ${line}: ` : `line ${line}: ${name}: `;
}

function parseText(text: string): DotEnv {
  const values: Record<string, string> = {};
  const faults: string[] = [];
  let at = 0;

  /**
   * Matches a sticky regular expression at the current position in the file. If it matches, moves the
   * position to the end of the match.
   */
  function take(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = at;
    const found = expression.exec(text);
    if (found === null) return undefined;
    at = expression.lastIndex;
    return found;
  }

  /** Records a fault in the line at the current position, and skips the rest of this line. */
  function refuse(name: string | undefined, words: string): void {
    const line = text.slice(0, at).split('\n').length;
    faults.push([`line ${line}`, ...(name === undefined ? [] : [name]), words].join(': '));
    take(REST_OF_LINE);
  }

  function readQuotedValue(name: string): void {
    const quoted = take(QUOTED);
    if (quoted === undefined) {
      refuse(name, 'the quote at the beginning of its value is not closed');
      // Skip the rest of the file, because the following lines may be part of the value.
      at = text.length;
    } else if (take(BLANK)) values[name] = unquoted(quoted[0]);
    else refuse(name, 'has text after its closing quote: write \\" for a quote inside double quotes');
  }

  function readValue(name: string): void {
    const first = text.charAt(at);
    if (first === '"' || first === "'") readQuotedValue(name);
    else if (first === '`')
      refuse(name, 'begins with a backtick, which is not a quote: use single or double quotes');
    else values[name] = (take(REST_OF_LINE)?.[0] ?? '').replace(/ #.*/, '').trimEnd();
  }

  const carriageReturn = text.indexOf('\r');
  if (carriageReturn >= 0) {
    at = carriageReturn;
    refuse(undefined, 'has a carriage return (CR) that does not end the line: save the file with LF or CRLF');
    return { values: {}, faults };
  }
  while (at < text.length) {
    if (take(BLANK)) continue;
    const name = take(NAME)?.[1];
    if (name !== undefined) readValue(name);
    else {
      const [, intended] = SETTING.exec(text.slice(at)) ?? [];
      refuse(intended, `must be ${intended ?? 'NAME'}=value`);
    }
  }
  return { values, faults };
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/**
 * Returns the content of a value in quotes. Inside of single quotes, a backslash has a special meaning only
 * before a quote.
 */
function unquoted(value: string): string {
  const content = value.slice(1, -1);
  if (value.startsWith("'")) return content.replaceAll("\\'", "'");
  return content.replace(/\\(?:0([0-3][0-7]{2})|([abfnrtv$"\\]))/g, (_all, octal?: string, letter = '') =>
    octal === undefined ? (ESCAPES[letter] ?? letter) : String.fromCodePoint(Number.parseInt(octal, 8)),
  );
}
