import { startBenchmarkServer } from '../support/server.ts';
import { type OpenComparedServer, sendRequest } from './peer.ts';

/** Starts Latchkey with all services in one process, like `npm start`, but without rate limits. */
export const openComparedServer: OpenComparedServer = async ({ sink }) => {
  const server = await startBenchmarkServer(sink.settings);
  const api = `${server.system.url}/api/v1`;
  function post(path: string, body: object): Promise<Response> {
    const headers = { 'content-type': 'application/json' };
    return sendRequest(api + path, { method: 'POST', headers, body: JSON.stringify(body) });
  }
  return {
    name: 'Latchkey',
    mails: true,
    async signUp(person) {
      await post('/auth/signup', person);
    },
    async signIn({ email, password }) {
      const response = await post('/auth/login', { email, password });
      const { accessToken } = (await response.json()) as { accessToken: string };
      return accessToken;
    },
    async whoAmI(token) {
      await sendRequest(`${api}/users/me`, { headers: { authorization: `Bearer ${token}` } });
    },
    cpuMs: async () => 1000 * (await server.metric('latchkey_process_cpu_seconds_total')),
    stop: () => server.system.stop(),
  };
};
