import { dataOf } from '@latchkey/client';
import { useState } from 'react';
import { Field, Form, PasswordField } from './form.tsx';
import { latchkey } from './latchkey.ts';

const views = ['Sign in', 'Sign up', 'Forgot password', 'Resend the link'] as const;

export function SignInForms() {
  const [view, setView] = useState<(typeof views)[number]>('Sign in');
  return (
    <>
      {view === 'Sign in' && (
        <Form
          title="Sign in"
          button="Sign in"
          send={({ email = '', password = '' }) => latchkey.signIn(email, password)}
        >
          <Field label="Email" name="email" type="email" autoComplete="username" />
          <PasswordField />
        </Form>
      )}
      {view === 'Sign up' && (
        <Form
          title="Sign up"
          button="Create account"
          done="Check your inbox for the link."
          send={({ email = '', username = '', password = '' }) =>
            latchkey.signUp({ email, username, password })
          }
        >
          <Field label="Email" name="email" type="email" autoComplete="email" />
          <Field label="Username" name="username" autoComplete="nickname" />
          <Field label="Password" name="password" type="password" autoComplete="new-password" />
        </Form>
      )}
      {view === 'Forgot password' && (
        <ByAddress key="reset" title={view} path="/api/v1/auth/password-reset-request" />
      )}
      {view === 'Resend the link' && (
        <ByAddress key="verify" title={view} path="/api/v1/auth/verification-request" />
      )}
      <nav aria-label="Other ways">
        {views
          .filter((each) => each !== view)
          .map((each) => (
            <button key={each} type="button" onClick={() => setView(each)}>
              {each}
            </button>
          ))}
      </nav>
    </>
  );
}

function ByAddress({
  title,
  path,
}: {
  readonly title: string;
  readonly path: '/api/v1/auth/password-reset-request' | '/api/v1/auth/verification-request';
}) {
  return (
    <Form
      title={title}
      button="Send me a link"
      done="If there is an account, a link is on its way."
      send={({ email = '' }) => dataOf(latchkey.api.POST(path, { body: { email } }))}
    >
      <Field label="Email" name="email" type="email" autoComplete="email" />
    </Form>
  );
}
