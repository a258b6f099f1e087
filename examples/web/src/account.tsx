import { dataOf, type User } from '@latchkey/client';
import { useCallback, useEffect, useState } from 'react';
import { AccountDataForms } from './account-data.tsx';
import { Field, Form, NewPasswordField, PasswordField } from './form.tsx';
import { latchkey } from './latchkey.ts';
import { SessionList } from './sessions.tsx';

export function AccountPage() {
  const [me, setMe] = useState<Pick<User, 'email' | 'username'> & { firstName?: string | null }>();
  const load = useCallback(async () => {
    setMe(await dataOf(latchkey.api.GET('/api/v1/users/me')));
  }, []);
  useEffect(() => {
    // Ignore the error. Either the app is offline, or the session has ended; in the second case,
    // `useSession` makes the app show the sign-in forms.
    load().catch(() => undefined);
  }, [load]);

  return (
    <>
      <p>
        Signed in as <b>{me?.firstName || me?.username || '…'}</b>
      </p>
      <Form
        title="Profile"
        button="Save"
        send={async ({ firstName = '' }) => {
          await dataOf(latchkey.api.PATCH('/api/v1/auth/profile', { body: { firstName } }));
          await load();
        }}
      >
        <Field label="First name" name="firstName" autoComplete="given-name" />
      </Form>
      <Form
        title="Change email address"
        button="Change address"
        done="Open the link that we have sent to the new address."
        send={({ newEmail = '', password = '' }) =>
          dataOf(latchkey.api.POST('/api/v1/auth/change-email', { body: { newEmail, password } }))
        }
      >
        <p>Your address is {me?.email ?? '…'}.</p>
        <Field label="New email" name="newEmail" type="email" autoComplete="email" />
        <PasswordField />
      </Form>
      <Form
        title="Change password"
        button="Change password"
        done="Your password has been changed."
        send={({ currentPassword = '', newPassword = '' }) =>
          dataOf(
            latchkey.api.POST('/api/v1/auth/change-password', {
              body: { currentPassword, newPassword, confirmNewPassword: newPassword },
            }),
          )
        }
      >
        <Field
          label="Current password"
          name="currentPassword"
          type="password"
          autoComplete="current-password"
        />
        <NewPasswordField />
      </Form>
      <SessionList />
      <AccountDataForms />
      <nav aria-label="Session">
        <button type="button" onClick={() => void load().catch(() => undefined)}>
          Reload
        </button>
        {/* Signs out in this app even if the server cannot be reached; the session on the server then remains. */}
        <button type="button" onClick={() => void latchkey.signOut().catch(() => undefined)}>
          Sign out
        </button>
      </nav>
    </>
  );
}
