import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { text as textOf } from 'node:stream/consumers';

/**
 * Returns a metric of a server, summed over its labels; 0 if it has no samples yet.
 * @throws Error if there is no such metric
 */
export async function readMetric(url: string, name: string): Promise<number> {
  // On a new connection, because the server may have closed an old one while it was idle.
  const [answer]: IncomingMessage[] = await once(get(`${url}/metrics`, { agent: false }), 'response');
  const text = answer ? await textOf(answer) : '';
  if (!text.includes(`# TYPE ${name.replace(/_count$/, '')} `)) throw new Error(`there is no metric ${name}`);
  const isSample = new RegExp(`^${name}(\\{.*\\})? `);
  return text
    .split('\n')
    .filter((line) => isSample.test(line))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
