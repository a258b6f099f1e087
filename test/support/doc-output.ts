/** Compares the output of a command with the output that the documentation shows. */
import assert from 'node:assert/strict';

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/;
const INSTANT = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/;
const NUMBER = /\d[\d,]*(?:\.\d+)?/;
const PARTS = new RegExp(`(${UUID.source}|${INSTANT.source}|${NUMBER.source}|\\s*…\\s*|\\s+)`);

export interface OutputComparer {
  /**
   * Replaces each id from the documentation in a command with the corresponding id of the system under test.
   */
  resolve(shell: string): string;
  /**
   * Compares the output of a command with the output that the documentation shows. In the documentation, `…`
   * stands for any text, an instant for any instant, and an id for any id. The same documented id must stand
   * for the same id throughout the document. In text output, a number also stands for any number, and white
   * space for any white space.
   * @throws AssertionError if the outputs differ
   */
  check(printed: string, shown: string, isJson: boolean, at: string): void;
}

/**
 * Creates a comparer of command outputs. @param known maps ids in the documentation to the ids of the system
 * under test
 */
export function createOutputComparer(known: Readonly<Record<string, string>> = {}): OutputComparer {
  const ids = new Map(Object.entries(known));

  function pattern(shown: string, isJson: boolean) {
    const captured: string[] = [];
    function part(text: string): string {
      if (text.trim() === '…') return '[\\s\\S]*?';
      if (new RegExp(`^${UUID.source}$`).test(text)) {
        const id = ids.get(text);
        if (id !== undefined) return id;
        const index = captured.indexOf(text);
        if (index >= 0) return `\\${index + 1}`;
        captured.push(text);
        return `(${UUID.source})`;
      }
      if (new RegExp(`^${INSTANT.source}$`).test(text)) return INSTANT.source;
      if (!isJson && new RegExp(`^${NUMBER.source}$`).test(text)) return NUMBER.source;
      if (/^\s+$/.test(text)) return isJson ? '' : '\\s+';
      return RegExp.escape(text);
    }
    return { expression: new RegExp(`^${shown.split(PARTS).map(part).join('')}$`), captured };
  }

  return {
    resolve: (shell) =>
      shell.replaceAll(new RegExp(UUID.source, 'g'), (id) => {
        const found = ids.get(id);
        assert.ok(found, `no output before this command has shown the id ${id}`);
        return found;
      }),
    check(printed, shown, isJson, at) {
      const { expression, captured } = pattern(shown.trim(), isJson);
      const actual = isJson ? printed.replaceAll(/\s+/g, '') : printed.trim();
      const found = expression.exec(actual);
      assert.ok(found, `${at}: the documentation shows\n${shown}\nbut the output is\n${printed}`);
      captured.forEach((id, index) => {
        ids.set(id, found[index + 1] ?? '');
      });
    },
  };
}
