import { type Figure, isMissed } from './benchmark.ts';

const HEADINGS = ['', 'limit', 'measured', 'ratio', 'target', ''] as const;

/** Three digits that count, no more. */
const digits = (value: number): string =>
  Number.isFinite(value) ? value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2) : 'none';

const withUnit = (value: number, unit: Figure['unit']): string => `${digits(value)} ${unit}`.trim();

const verdict = (figure: Figure): string => {
  if (figure.target === undefined) return '';
  return isMissed(figure) ? 'missed' : 'pass';
};

const cells = (figure: Figure): readonly string[] => {
  const { what, unit, limit, measured, target } = figure;
  return [
    what,
    limit === undefined ? '' : withUnit(limit, unit),
    withUnit(measured, unit),
    limit === undefined ? '' : digits(measured / limit),
    target?.words ?? '',
    verdict(figure),
  ];
};

/** A table of Markdown, whose columns also line up as plain text. */
export function table(figures: readonly Figure[]): string {
  const rows = [HEADINGS, ...figures.map(cells)];
  const widths = HEADINGS.map((_, column) =>
    Math.max(1, ...rows.map((row) => [...(row[column] ?? '')].length)),
  );
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - [...cell].length)).join(' | ')} |`;
  const [headings = [], ...body] = rows;
  const rule = widths.map((width) => '-'.repeat(width));
  return [line(headings), line(rule), ...body.map(line)].join('\n');
}
