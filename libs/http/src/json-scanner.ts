/**
 * Validates JSON text (RFC 8259) from clients, without recursion. The scanner finds duplicate keys, which
 * JSON.parse does not report. Duplicate keys are a threat: a gateway or a filter in front of the service may
 * check the first value of such a key, while JSON.parse uses the last one. The scanner also limits the depth
 * of nesting, and reports the position of syntax errors. Its errors do not quote the text.
 * test/hostile-input.e2e.test.ts tests the scanner on all routes.
 */

const MAX_DEPTH = 20;

const STRING = /"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4}))*"/uy;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const LITERAL = /true|false|null/y;
const SPACE = /[ \t\n\r]*/y;
/** Matches a string, a number or a literal that is incomplete because the text ends. */
const CUT_OFF = /(?:"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\.)*\\?|-|\.|[eE][+-]?|[tfn][a-z]*)$/uy;

/** What the JSON scanner expects next in the text. */
type State = 'value' | 'first item' | 'first key' | 'key' | 'colon' | 'after item' | 'after member' | 'end';

/**
 * Returns what is wrong with a JSON text, for example `is incomplete JSON, at character 12`;
 * undefined if it is valid.
 */
export function findJsonFault(text: string): string | undefined {
  let at = 0;
  let fault: string | undefined;
  /**
   * The objects and arrays that are open at the current position, the innermost last. For an object, the set
   * of its keys so far; for an array, null.
   */
  const open: (Set<string> | null)[] = [];

  function fail(what: string, where = at): State {
    fault = `${what}, at character ${where + 1}`;
    return 'end';
  }

  function take(pattern: RegExp): string | undefined {
    pattern.lastIndex = at;
    const taken = pattern.exec(text)?.[0];
    at += taken?.length ?? 0;
    return taken;
  }

  function unexpected(): State {
    const cutOff = at === text.length || take(CUT_OFF) !== undefined;
    return fail(cutOff ? 'is incomplete JSON' : 'is not valid JSON');
  }

  function past(next: State): State {
    at += 1;
    return next;
  }

  function afterValue(): State {
    const innermost = open.at(-1);
    if (innermost === undefined) return 'end';
    return innermost === null ? 'after item' : 'after member';
  }

  function close(): State {
    open.pop();
    return past(afterValue());
  }

  function begin(container: Set<string> | null, next: State): State {
    if (open.length === MAX_DEPTH) return fail(`is nested deeper than ${MAX_DEPTH} levels`);
    open.push(container);
    return past(next);
  }

  function value(character: string | undefined): State {
    if (character === '{') return begin(new Set(), 'first key');
    if (character === '[') return begin(null, 'first item');
    const scalar = take(STRING) ?? take(NUMBER) ?? take(LITERAL);
    return scalar === undefined ? unexpected() : afterValue();
  }

  function key(): State {
    const start = at;
    const written = take(STRING);
    if (written === undefined) return unexpected();
    // One key can be written in several ways, with and without escapes. Decode the key before comparing it.
    const name = written.includes('\\') ? String(JSON.parse(written)) : written.slice(1, -1);
    const keys = open.at(-1);
    if (keys?.has(name)) return fail('has the same key twice in one object', start);
    keys?.add(name);
    return 'colon';
  }

  const steps: Readonly<Record<State, (character: string | undefined) => State>> = {
    value,
    key,
    'first item': (character) => (character === ']' ? close() : value(character)),
    'first key': (character) => (character === '}' ? close() : key()),
    colon: (character) => (character === ':' ? past('value') : unexpected()),
    'after item': (character) => {
      if (character === ',') return past('value');
      return character === ']' ? close() : unexpected();
    },
    'after member': (character) => {
      if (character === ',') return past('key');
      return character === '}' ? close() : unexpected();
    },
    end: () => fail('has content after the end of the JSON'),
  };

  let state: State = 'value';
  for (;;) {
    take(SPACE);
    if (fault !== undefined || (state === 'end' && at === text.length)) return fault;
    state = steps[state](text[at]);
  }
}
