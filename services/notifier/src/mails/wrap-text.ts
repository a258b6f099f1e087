/**
 * The maximum length of a line of plain text, in characters. Mail programs that do not wrap lines still show
 * a line of this length completely (RFC 3676 4.2).
 */
const COLUMNS = 72;

/**
 * Breaks the long lines of a text at spaces. A word that is longer than a line, such as a link, gets its own
 * line.
 */
export function wrapLongLines(text: string): string {
  return text.split('\n').map(wrapLine).join('\n');
}

function wrapLine(line: string): string {
  if (line.length <= COLUMNS) return line;
  const lines: string[] = [];
  let last = '';
  for (const word of line.split(' ')) {
    const longer = last === '' ? word : `${last} ${word}`;
    if (longer.length <= COLUMNS || last === '') last = longer;
    else {
      lines.push(last);
      last = word;
    }
  }
  return [...lines, last].join('\n');
}
