/**
 * `npm run bench` runs all benchmarks, `npm run bench -- login refresh` some; `--markdown` prints what stands in
 * docs/performance.md. Exit code 1 if a target was missed.
 */
import { latency } from './latency.ts';
import { login } from './login.ts';
import { refresh } from './refresh.ts';
import { signUp } from './sign-up.ts';
import { size } from './size.ts';
import { type Benchmark, isMissed } from './support/benchmark.ts';
import { table } from './support/table.ts';

const benchmarks: readonly Benchmark[] = [login, signUp, refresh, latency, size];

const words = process.argv.slice(2);
const markdown = words.includes('--markdown');
const names = words.filter((word) => !word.startsWith('--'));
const unknown = names.filter((name) => !benchmarks.some((benchmark) => benchmark.name === name));
if (unknown.length > 0) {
  console.error(
    `There is no benchmark ${unknown.join(', ')}: ${benchmarks.map(({ name }) => name).join(', ')}`,
  );
  process.exit(1);
}

for (const benchmark of benchmarks) {
  if (names.length > 0 && !names.includes(benchmark.name)) continue;
  const figures = await benchmark.run();
  console.log(markdown ? `### ${benchmark.title}\n\n${benchmark.method}\n` : `${benchmark.title}\n`);
  console.log(`${table(figures)}\n`);
  if (figures.some(isMissed)) process.exitCode = 1;
}
