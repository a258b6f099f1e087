/**
 * A metric of a server, summed over its labels; 0 while nothing was counted yet.
 * @throws Error where there is no such metric
 */
export async function readMetric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  if (!text.includes(`# TYPE ${name.replace(/_count$/, '')} `)) throw new Error(`there is no metric ${name}`);
  const isSample = new RegExp(`^${name}(\\{.*\\})? `);
  return text
    .split('\n')
    .filter((line) => isSample.test(line))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
