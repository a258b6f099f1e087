import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { text as textOf } from 'node:stream/consumers';

/**
 * Returns the value of a server's metric, summed over all labels; 0 if the metric has no samples yet.
 * @throws Error if the server has no such metric
 */
export async function readMetric(url: string, name: string): Promise<number> {
  // Open a new connection: the server may have closed an earlier connection because it was idle.
  const [answer]: IncomingMessage[] = await once(get(`${url}/metrics`, { agent: false }), 'response');
  const text = answer ? await textOf(answer) : '';
  if (!text.includes(`# TYPE ${name.replace(/_count$/, '')} `)) throw new Error(`there is no metric ${name}`);
  const isSample = new RegExp(`^${name}(\\{.*\\})? `);
  return text
    .split('\n')
    .filter((line) => isSample.test(line))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
