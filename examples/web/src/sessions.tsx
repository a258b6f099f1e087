import { dataOf } from '@latchkey/client';
import { useCallback, useEffect, useState } from 'react';
import { formatError } from './form.tsx';
import { latchkey } from './latchkey.ts';

function newestSessions() {
  return dataOf(latchkey.api.GET('/api/v1/auth/sessions'));
}

type Listed = Awaited<ReturnType<typeof newestSessions>>['sessions'];

/** Lists the devices on which the account is signed in. */
export function SessionList() {
  const [sessions, setSessions] = useState<Listed>([]);
  const [fault, setFault] = useState<string>();
  const load = useCallback(async () => setSessions((await newestSessions()).sessions), []);
  useEffect(() => {
    load().catch(() => undefined);
  }, [load]);

  /**
   * Waits until the server has ended a session. If the request fails, shows an error, because the person
   * must not believe that the session has ended.
   */
  async function attempt(ending: Promise<void>): Promise<void> {
    setFault(undefined);
    await ending.catch((error: unknown) => setFault(formatError(error)));
  }

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
              <button
                type="button"
                aria-label={`Sign out this device: ${userAgent}`}
                onClick={() => void attempt(end(id))}
              >
                Sign out this device
              </button>
            )}
          </li>
        ))}
      </ul>
      {fault !== undefined && <p role="alert">{fault}</p>}
      <button type="button" onClick={() => void attempt(endAll())}>
        Sign out everywhere
      </button>
    </section>
  );
}
