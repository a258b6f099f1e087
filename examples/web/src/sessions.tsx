import { dataOf } from '@latchkey/client';
import { useCallback, useEffect, useState } from 'react';
import { latchkey } from './latchkey.ts';

function newestSessions() {
  return dataOf(latchkey.api.GET('/api/v1/auth/sessions'));
}

type Listed = Awaited<ReturnType<typeof newestSessions>>['sessions'];

/** The devices on which the account is signed in. */
export function Sessions() {
  const [sessions, setSessions] = useState<Listed>([]);
  const load = useCallback(async () => setSessions((await newestSessions()).sessions), []);
  useEffect(() => {
    load().catch(() => undefined);
  }, [load]);

  async function end(id: string): Promise<void> {
    await dataOf(latchkey.api.DELETE('/api/v1/auth/sessions/{id}', { params: { path: { id } } }));
    await load();
  }

  async function endAll(): Promise<void> {
    await dataOf(latchkey.api.POST('/api/v1/auth/logout-all'));
    await latchkey.signOut();
  }

  return (
    <section aria-label="Sessions">
      <h2>Sessions</h2>
      <ul>
        {sessions.map(({ id, userAgent, ip, lastUsedAt, current }) => (
          <li key={id}>
            {userAgent}, {ip}, last used {new Date(lastUsedAt).toLocaleString()}{' '}
            {current ? (
              '(this device)'
            ) : (
              <button type="button" onClick={() => void end(id).catch(() => undefined)}>
                Sign out this device
              </button>
            )}
          </li>
        ))}
      </ul>
      <button type="button" onClick={() => void endAll().catch(() => undefined)}>
        Sign out everywhere
      </button>
    </section>
  );
}
