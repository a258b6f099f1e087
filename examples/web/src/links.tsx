import { useState } from 'react';
import { Form, NewPasswordField, PasswordField } from './form.tsx';
import { latchkey } from './latchkey.ts';

/**
 * Renders the page that verifies an account. The link to this page is in the verification mail. The page
 * verifies the account only after a click, because mail scanners open links, too.
 */
export function VerificationPage() {
  const [step, setStep] = useState<'verify' | 'verified' | 'reject'>('verify');
  return (
    <>
      {step !== 'reject' && (
        <Form
          title="Verify your email"
          button="Verify email"
          done="Your email is verified. You can sign in."
          send={async ({ password = '' }) => {
            await latchkey.verifyFromUrl(location.href).confirm({ password });
            setStep('verified');
          }}
        >
          <PasswordField />
        </Form>
      )}
      {step === 'verify' && (
        <button type="button" onClick={() => setStep('reject')}>
          This was not me
        </button>
      )}
      {step === 'reject' && (
        <Form
          title="Cancel this sign-up?"
          button="Yes, cancel the sign-up"
          done="The sign-up has been canceled."
          send={() => latchkey.verifyFromUrl(location.href).reject()}
        >
          <p>The account will be closed. This cannot be undone.</p>
        </Form>
      )}
      <a href="/">Sign in</a>
    </>
  );
}

/**
 * Renders the page on which a person chooses a new password. The link to this page is in the password reset
 * mail.
 */
export function PasswordResetPage() {
  return (
    <>
      <Form
        title="Choose a new password"
        button="Set new password"
        done="Your password has been changed. You can sign in."
        send={({ newPassword = '' }) => latchkey.resetFromUrl(location.href).setPassword(newPassword)}
      >
        <NewPasswordField />
      </Form>
      <a href="/">Sign in</a>
    </>
  );
}

/**
 * Renders the page that confirms a change of the email address. The link to this page is mailed to the new
 * address.
 */
export function EmailChangePage() {
  return (
    <>
      <Form
        title="Confirm your new address"
        button="Confirm address"
        done="Your address has been changed. Sign in with it from now on."
        send={({ password = '' }) => latchkey.changeEmailFromUrl(location.href).confirm(password)}
      >
        <PasswordField />
      </Form>
      <a href="/">Continue</a>
    </>
  );
}

/**
 * Renders the page that undoes a change of the email address. The link to this page is mailed to the previous
 * address. The page also asks for a new password, because somebody may have stolen the old one.
 */
export function UndoEmailChangePage() {
  return (
    <>
      <Form
        title="Keep your previous address"
        button="Undo the change"
        done="Your previous address is back. Sign in with the new password."
        send={({ newPassword = '' }) =>
          latchkey.undoEmailChangeFromUrl(location.href).setPassword(newPassword)
        }
      >
        <NewPasswordField />
      </Form>
      <a href="/">Sign in</a>
    </>
  );
}
