import { type BenchmarkFigure, isTargetMissed } from './benchmark.ts';

const HEADINGS = ['', 'limit', 'measured', 'ratio', 'target', ''] as const;

/** Formats a number with three significant digits. */
function digits(value: number): string {
  return Number.isFinite(value)
    ? value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2)
    : 'none';
}

function withUnit(value: number, unit: BenchmarkFigure['unit']): string {
  return `${digits(value)} ${unit}`.trim();
}

function verdict(figure: BenchmarkFigure): string {
  if (figure.target === undefined) return '';
  return isTargetMissed(figure) ? 'missed' : 'pass';
}

function cells(figure: BenchmarkFigure): readonly string[] {
  const { what, unit, limit, measured, target } = figure;
  return [
    what,
    limit === undefined ? '' : withUnit(limit, unit),
    withUnit(measured, unit),
    limit === undefined ? '' : digits(measured / limit),
    target?.words ?? '',
    verdict(figure),
  ];
}

/** Returns a Markdown table. Its cells are padded, so that the columns also line up as plain text. */
export function formatTable(figures: readonly BenchmarkFigure[]): string {
  const rows = [HEADINGS, ...figures.map(cells)];
  const widths = HEADINGS.map((_, column) =>
    Math.max(1, ...rows.map((row) => [...(row[column] ?? '')].length)),
  );
  function line(row: readonly string[]): string {
    return `| ${row.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - [...cell].length)).join(' | ')} |`;
  }
  const [headings = [], ...body] = rows;
  const rule = widths.map((width) => '-'.repeat(width));
  return [line(headings), line(rule), ...body.map(line)].join('\n');
}
