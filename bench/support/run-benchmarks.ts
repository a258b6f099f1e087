import { type Benchmark, isTargetMissed } from './benchmark.ts';
import { formatTable } from './table.ts';

/**
 * Runs the benchmarks that the command line names, or all benchmarks if it names none. With `--markdown`, prints the
 * tables for docs/performance.md. Sets exit code 1 if a figure misses its target.
 */
export async function runBenchmarks(benchmarks: readonly Benchmark[]): Promise<void> {
  const words = process.argv.slice(2);
  const markdown = words.includes('--markdown');
  for (const benchmark of chosen(benchmarks, words)) {
    const figures = await benchmark.run();
    console.log(markdown ? `### ${benchmark.title}\n\n${benchmark.method}\n` : `${benchmark.title}\n`);
    console.log(`${formatTable(figures)}\n`);
    if (figures.some(isTargetMissed)) process.exitCode = 1;
  }
}

function chosen(benchmarks: readonly Benchmark[], words: readonly string[]): readonly Benchmark[] {
  const names = words.filter((word) => !word.startsWith('--'));
  const unknown = names.filter((name) => !benchmarks.some((benchmark) => benchmark.name === name));
  if (unknown.length > 0) {
    const known = benchmarks.map(({ name }) => name).join(', ');
    console.error(`There is no benchmark ${unknown.join(', ')}: ${known}`);
    process.exit(1);
  }
  return benchmarks.filter(({ name }) => names.length === 0 || names.includes(name));
}
